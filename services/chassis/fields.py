"""Kinds of fields that requests of several services have."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StrictInt, StringConstraints
from pydantic_core import PydanticCustomError

from chassis.money import MOST
from chassis.sensitive import has_card_number


def _no_card_number(text: str) -> str:
    if has_card_number(text):
        raise PydanticCustomError("card_number", "card numbers are not accepted here")
    return text


Amount = Annotated[StrictInt, Field(gt=0, le=MOST, description="In minor units of the currency")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Text = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]*$"), AfterValidator(_no_card_number)
]
"""What people write: printable, and no card number."""
Name = Annotated[Text, Field(min_length=1, max_length=100)]
