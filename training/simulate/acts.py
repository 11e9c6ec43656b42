"""What people do: one row per act, secrets included.

``manner`` is how the act is done, ``cover`` the innocent manner it hides behind, ``boldness`` how
much of the act is done in its own manner rather than under cover. Only ``traces`` may read these
three, and it passes none of them on.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from training.simulate.arrays import Array, Floats, Ints, Moments

ROLES = ("complicit", "recruited", "deceived", "coerced", "impersonated", "unknown")
INNOCENT = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """What acts of every product have in common."""

    at: Moments
    person: Ints  # in whose name
    manner: Ints
    cover: Ints
    boldness: Floats
    role: Ints  # place in ROLES, or INNOCENT
    case: Ints  # acts that would be found out together
    handset: Ints
    number: Ints
    address: Ints

    def __len__(self) -> int:
        return len(self.at)

    def map(self, change: Callable[[Array], Array]) -> Self:
        """Apply one re-arrangement of rows to every column."""
        return type(self)(**{each.name: change(getattr(self, each.name)) for each in fields(self)})

    def by_time(self) -> Self:
        order = np.argsort(self.at, kind="stable")
        return self.map(lambda column: column[order])

    def joined(self, other: Self) -> Self:
        return type(self)(
            **{
                each.name: np.concatenate([getattr(self, each.name), getattr(other, each.name)])
                for each in fields(self)
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SimActs(Acts):
    """SIM registrations."""

    operator: Ints
    desk: Ints  # NOBODY when done from home
    clerk: Ints
    sim: Ints  # serial of the card
    request: Ints  # place in REQUESTS
    idle: Floats  # days since somebody else used the number; NaN for a fresh one
    batch: Ints  # SIMs bought in this purchase
    gap: Floats  # seconds since the purchase's SIM before; NaN for the first
    aging: Floats  # days the card will lie before use


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningActs(Acts):
    """Account openings."""

    bank: Ints
    channel: Ints  # place in CHANNELS
    account: Ints
    number_age: Floats  # days
    use_from: Moments  # when mule use begins, or NEVER
    use_until: Moments


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekActs(Acts):
    """Weeks in the life of accounts."""

    bank: Ints
    account: Ints
    account_age: Floats  # days
    number_age: Floats
    use_from: Moments
    label: Ints


REQUESTS = ("new", "port_in", "replacement", "reactivation")
CHANNELS = ("branch", "kiosk", "agent", "online")
