"""What every history column must be, said as plainly as the design says it, however slowly.

Knows nothing of the code under test but product declarations. Times are whole microseconds.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from riskscore.product.spec import History, Product

COUNTING = ("onboard", "backfill")
LABEL = {"confirmed": 1, "cleared": 0, "disputed": None, "retracted": None}


@dataclass(frozen=True, kw_only=True)
class Application:
    """One row of an event file, or one request; ``received`` None is at its own time."""

    product: str
    reference: str
    occurred: int
    received: int | None = None
    tenant: str = "default"
    purpose: str = "onboard"
    entities: Mapping[str, str] = field(default_factory=dict)
    since: Mapping[str, int] = field(default_factory=dict)
    features: Mapping[str, str | bool | float | None] = field(default_factory=dict)
    score: float | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        return self.tenant, self.product, self.reference

    @property
    def receipt(self) -> int:
        return self.occurred if self.received is None else self.received


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One row of the outcomes; ``received`` None is when it was known."""

    product: str
    reference: str
    status: str
    known: int
    received: int | None = None
    tenant: str = "default"

    @property
    def key(self) -> tuple[str, str, str]:
        return self.tenant, self.product, self.reference

    @property
    def receipt(self) -> int:
        return self.known if self.received is None else self.received


@dataclass(frozen=True, kw_only=True)
class Sharing:
    """That one tenant sees what another receives from a moment on, until another moment."""

    name: str
    gives: str
    gets: str
    product: str
    measures: frozenset[str]
    windows: frozenset[timedelta]
    begins: int
    ends: int


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One history value of one application, and why it is unknown, if it is."""

    value: float
    gap: str | None = None


def in_order_of_receipt(applications: Sequence[Application]) -> list[Application]:
    """Order by receipt, then product name, then row; rows count within each product's file."""
    return sorted(applications, key=lambda each: (each.receipt, each.product))


def answers(
    product: Product,
    applications: Sequence[Application],
    outcomes: Sequence[Outcome],
    *,
    known_since: int | None = None,
    sharings: Sequence[Sharing] = (),
) -> list[dict[str, Answer]]:
    """Answer every application of a product, in the order given."""
    ordered = in_order_of_receipt(applications)
    return [
        {
            each.name: answer(each, asking, ordered, outcomes, known_since, sharings)
            for each in product.history
        }
        for asking in applications
        if asking.product == product.name
    ]


def answer(  # noqa: PLR0913, PLR0917 - everything that matters
    column: History,
    asking: Application,
    ordered: Sequence[Application],
    outcomes: Sequence[Outcome],
    known_since: int | None,
    sharings: Sequence[Sharing] = (),
) -> Answer:
    identifier = asking.entities.get(column.entity)
    if identifier is None:
        return Answer(value=math.nan, gap="MISSING")
    before = [each for each in earlier(asking, ordered) if each.product == column.of]
    ours = [each for each in sharings if each.gets == asking.tenant and covers(each, column)]
    live = [each for each in ours if each.begins <= asking.receipt < each.ends]
    if {each.gives for each in ours if asking.receipt >= each.ends} - {each.gives for each in live}:
        return Answer(value=math.nan, gap="HISTORY_NOT_SHARED")
    own = counted([each for each in before if each.tenant == asking.tenant])
    own_since = since(own, known_since)
    watches = [] if live and own_since is None else [own_since]
    events = list(own)
    for each in live:
        theirs = counted([one for one in before if one.tenant == each.gives])
        first = since(theirs, known_since)
        watches.append(None if first is None else max(first, each.begins))
        events += [one for one in theirs if each.begins <= one.receipt < each.ends]
    events = [each for each in counted(before) if each in events]
    window = int(column.window.total_seconds() * 1_000_000)
    begin = asking.occurred - window
    if column.entity in asking.since:
        begin = max(begin, asking.since[column.entity])
    if any(watched is None or begin < watched for watched in watches):
        return Answer(value=math.nan, gap="HISTORY_SHORT")
    seen = [each for each in events if each.entities.get(column.entity) == identifier]
    seen = [each for each in seen if begin <= each.occurred <= asking.occurred]
    seen = [each for each in seen if each.key != asking.key]
    return Answer(value=measure(column, asking, seen, outcomes))


def covers(sharing: Sharing, column: History) -> bool:
    measured = column.measure in sharing.measures and column.window in sharing.windows
    return column.of == sharing.product and measured


def since(events: Sequence[Application], declared: int | None) -> int | None:
    """Say since when a tenant's applications are known."""
    if declared is not None:
        return declared
    return events[0].occurred if events else None


def earlier(asking: Application, ordered: Sequence[Application]) -> list[Application]:
    """Return what was received before an application, which is recognised by identity."""
    place = next(place for place, each in enumerate(ordered) if each is asking)
    return list(ordered[:place])


def counted(received: Sequence[Application]) -> list[Application]:
    """Keep each reference once, at its first receipt with a counting purpose."""
    first: dict[tuple[str, str, str], Application] = {}
    for each in received:
        if each.purpose in COUNTING:
            first.setdefault(each.key, each)
    return list(first.values())


def measure(  # noqa: PLR0911 - one line per measure
    column: History,
    asking: Application,
    seen: Sequence[Application],
    outcomes: Sequence[Outcome],
) -> float:
    where = column.where
    met = [
        each for each in seen if where is None or each.features.get(where.feature) == where.equals
    ]
    confirmed = sum(standing(each, asking, outcomes) == 1 for each in met)
    latest = max(enumerate(met), key=lambda each: (each[1].occurred, each[0]))[1] if met else None
    match column.measure:
        case "count":
            return len(met)
        case "distinct":
            what = str(column.what)  # of two tenants, identifiers are never the same
            others = {(each.tenant, each.entities[what]) for each in met if what in each.entities}
            return len(others)
        case "latest":
            return math.nan if latest is None else quantity(column, latest)
        case "seconds_since_latest":
            return math.nan if latest is None else (asking.occurred - latest.occurred) / 1_000_000
        case "share":
            return len(met) / len(seen) if seen else math.nan
        case "confirmed":
            return confirmed
        case "confirmed_rate":
            assert column.base_rate is not None
            return (confirmed + 20 * column.base_rate) / (len(met) + 20)


def quantity(column: History, latest: Application) -> float:
    value = latest.score if column.what == "score" else latest.features.get(str(column.what))
    assert not isinstance(value, str), "the streams look at numbers and flags"
    return math.nan if value is None else float(value)


def standing(event: Application, asking: Application, outcomes: Sequence[Outcome]) -> int | None:
    """Return the label that stands for an event, as far as the one who asks can know.

    At equal receipt outcomes come after applications, and among themselves in order of rows.
    """
    visible = [
        each
        for each in outcomes
        if each.key == event.key and each.known <= asking.occurred and each.receipt < asking.receipt
    ]
    if not visible:
        return None
    return LABEL[
        max(enumerate(visible), key=lambda each: (each[1].known, each[1].receipt, each[0]))[
            1
        ].status
    ]
