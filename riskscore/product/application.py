"""One row sent for scoring."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Purpose = Literal["onboard", "rescreen", "backfill", "test"]
PURPOSES: tuple[str, ...] = get_args(Purpose)
COUNTED = frozenset({"onboard", "backfill"})  # purposes whose applications later ones see
TENANT = "default"  # of an installation that knows no other
TENANT_NAME = r"[a-z0-9][a-z0-9_-]{0,62}"
TENANT_RULE = "a tenant's name: lower letters, digits, - or _, at most 63"
REFERENCE = r"[^\x00-\x1f\x7f-\x9f]{1,128}"
REFERENCE_RULE = "1 to 128 characters without control characters"


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
