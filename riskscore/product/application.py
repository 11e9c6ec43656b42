"""One row sent for scoring."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Purpose = Literal["onboard", "rescreen", "backfill", "test"]
COUNTED = frozenset({"onboard", "backfill"})  # purposes whose applications later ones see


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One row sent for scoring, already found valid.

    Attributes:
        occurred_at: Microseconds since 1970 in UTC; so the values of ``since``.
        entities: Name -> canonical identifier; absent ones are not in it.
        since: Entity name -> when this identifier started afresh with its holder.
        features: Name -> value as sent; absent ones are not in it or None.
    """

    reference: str
    occurred_at: int
    purpose: Purpose
    entities: Mapping[str, str]
    since: Mapping[str, int]
    features: Mapping[str, str | bool | int | float | None]
