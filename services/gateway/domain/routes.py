"""The public interface: what is not in this table does not exist outside."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Route:
    """A request that is passed on, and to whom.

    :param anonymous: whether it is for people who have not logged in
    """

    method: str
    path: str
    service: str
    anonymous: bool = False


ROUTES = (
    Route("POST", "/v1/users", "identity", anonymous=True),
    Route("POST", "/v1/login", "identity", anonymous=True),
    Route("GET", "/v1/accounts", "accounts"),
    Route("POST", "/v1/accounts", "accounts"),
    Route("GET", "/v1/accounts/{account_id:uuid}", "accounts"),
    Route("GET", "/v1/accounts/{account_id:uuid}/balance", "transactions"),
    Route("GET", "/v1/accounts/{account_id:uuid}/statement", "reporting"),
    Route("POST", "/v1/deposits", "transactions"),
    Route("POST", "/v1/transfers", "transactions"),
)
SERVICES = ("accounts", "identity", "reporting", "transactions")
