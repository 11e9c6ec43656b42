"""What was later found out about one application."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Status = Literal["confirmed", "cleared", "disputed", "retracted"]
Source = Literal["investigated", "listed", "reported"]
LABELS: Mapping[str, int | None] = {
    "confirmed": 1,
    "cleared": 0,
    "disputed": None,
    "retracted": None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was found out about one application, named by a decision or by its reference.

    Attributes:
        known_at: Microseconds since 1970 from which it may be used; so ``fraud_from``.
        role: Of the person, in the words of the organisation.
        amount: Of the damage, in its currency.
        looked_because: Why anybody looked.
    """

    status: Status
    source: Source
    known_at: int
    decision_id: UUID | None = None
    product: str | None = None
    reference: str | None = None
    role: str | None = None
    fraud_from: int | None = None
    amount: float | None = None
    looked_because: str | None = None
