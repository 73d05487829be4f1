"""Money: whole minor units of a currency, never a float."""

from __future__ import annotations

MOST = 10**15
"""The largest amount of one posting: far more than any payment, and sums of it stay within 64 bits."""

MINOR_UNITS = {
    "AUD": 2,
    "BGN": 2,
    "BRL": 2,
    "CAD": 2,
    "CHF": 2,
    "CNY": 2,
    "CZK": 2,
    "DKK": 2,
    "EUR": 2,
    "GBP": 2,
    "HKD": 2,
    "HUF": 2,
    "ILS": 2,
    "INR": 2,
    "ISK": 0,
    "JPY": 0,
    "KRW": 0,
    "KWD": 3,
    "MXN": 2,
    "NOK": 2,
    "NZD": 2,
    "PLN": 2,
    "RON": 2,
    "SEK": 2,
    "SGD": 2,
    "TND": 3,
    "TRY": 2,
    "USD": 2,
    "ZAR": 2,
}
"""The currencies in which accounts are kept, with the digits after their decimal point (ISO 4217)."""
