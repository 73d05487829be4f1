"""Finding what must not be written down: card numbers, tokens, passwords, e-mail addresses."""

from __future__ import annotations

import re

MASK = "[removed]"
# 13 to 19 digits, perhaps grouped (ISO/IEC 7812-1).
CARD = re.compile(r"(?<!\d)\d(?:[ .-]?\d){12,18}(?!\d)")
EMAIL = re.compile(r"[^\s\"'<>()\[\]{},;:=@]+@[^\s\"'<>()\[\]{},;:=@]+\.[A-Za-z]{2,}")
TOKEN = re.compile(r"eyJ[\w-]{5,}\.[\w-]+\.[\w-]*")
CREDENTIAL = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}")
ASSIGNED = re.compile(r"(?i)(password|secret|token|authorization)(\"?\s*[:=]\s*)(\"[^\"]*\"|'[^']*'|[^\s,;&}]+)")


def passes_luhn(digits: str) -> bool:
    """The check digit of card numbers (ISO/IEC 7812-1, annex B)."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if position % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def has_card_number(text: str) -> bool:
    """Whether a text holds what looks like a card number."""
    return any(passes_luhn(re.sub(r"\D", "", found)) for found in CARD.findall(text))


def redact(text: str) -> str:
    """The text without what must not be written down."""
    text = TOKEN.sub(MASK, text)
    text = CREDENTIAL.sub(MASK, text)
    text = ASSIGNED.sub(rf"\1\2{MASK}", text)
    text = EMAIL.sub(MASK, text)
    return CARD.sub(lambda found: MASK if passes_luhn(re.sub(r"\D", "", found[0])) else found[0], text)
