"""Where applications of one product at one tenant enter the store."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection, Row

from riskscore.errors import AskedAboutTooOften
from riskscore.history import entities
from riskscore.history.entities import Pseudonym
from riskscore.history.plan import Plan
from riskscore.history.quotas import Limits
from riskscore.history.sharing import NO_TERMS, Names, Terms, shared_names
from riskscore.history.store import Store
from riskscore.history.streams import Streams
from riskscore.product.application import Application


class Arrival(NamedTuple):
    """An application, and what stands for its identifiers.

    Attributes:
        names: By entity name.
        shared: Likewise under each agreement that matters to it, by the agreement's name.
    """

    application: Application
    names: Mapping[str, Pseudonym]
    shared: Names

    @property
    def stored(self) -> bool:
        return self.application.purpose != "test"


@dataclass(slots=True, kw_only=True)
class Desk:
    """Where applications of one product at one tenant enter, in one transaction.

    Attributes:
        connection: In a transaction of ``store`` that may write, unless all are tests.
        received_at: Now, in microseconds since 1970.
        streams: The tenant's.
        numbers: Of the identifiers at hand.
        events: Of the references at hand that counted before.
        outcomes: Of the references at hand, received before they counted.
        terms: The agreements that matter here.
        partners: Numbers of the identifiers at hand under each of them.
        limits: What may be asked in a day; None without limit.
        refused: Of the applications at hand, by place, those that must not be answered.
    """

    connection: Connection
    store: Store
    plan: Plan
    tenant: str
    received_at: int
    streams: Streams = field(default_factory=lambda: Streams({}, None))
    numbers: dict[Pseudonym, int] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    outcomes: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    terms: Terms = NO_TERMS
    partners: Mapping[str, Mapping[Pseudonym, int]] = field(default_factory=dict)
    limits: Limits | None = None
    refused: dict[int, AskedAboutTooOften] = field(default_factory=dict)

    @property
    def product(self) -> str:
        return self.plan.product.name


def arrivals_of(
    store: Store, tenant: str, applications: Iterable[Application], terms: Terms = NO_TERMS
) -> list[Arrival]:
    """Make the pseudonyms of applications, which nobody need wait at the door for."""
    keys = store.keys_of(tenant)
    return [
        Arrival(each, entities.pseudonyms(keys, each), shared_names(store, terms, each))
        for each in applications
    ]
