"""What must be read to compute a product's history columns: few ranges, however many windows.

Columns that ask for the same identifier and product share one range of sightings, as long as the
longest of their windows; those that look into the events (a filter, a value, another identifier)
share another, so that plain counts over months do not read what nobody asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import (
    Dialect,
    Integer,
    Select,
    String,
    bindparam,
    cast,
    literal_column,
    null,
    select,
    union_all,
)

from riskscore.errors import BundleMismatch
from riskscore.history.prepared import written
from riskscore.history.schema import event, sighting, verdict
from riskscore.history.windows import microseconds_of, of_nothing
from riskscore.product.past import Known
from riskscore.product.spec import Category, History, Product
from riskscore.product.toml import built_in, read_product

OUTCOMES = frozenset({"confirmed", "confirmed_rate"})
Codes = Mapping[str, int]


class Unseen(NamedTuple):
    """A column, its window in microseconds, and its value where the window holds nothing."""

    name: str
    window: int
    known: Known


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """One range of sightings, and the columns that are computed from it."""

    place: int
    entity: str
    of: str
    columns: tuple[History, ...]
    inside: bool  # must the events be read, or is it enough that they happened?

    @cached_property
    def window(self) -> int:
        """Microseconds of the longest window."""
        return max(microseconds_of(each) for each in self.columns)

    @cached_property
    def unseen(self) -> tuple["Unseen", ...]:
        """What each column is worth where nothing was seen."""
        return tuple(
            Unseen(each.name, microseconds_of(each), Known(of_nothing(each), None))
            for each in self.columns
        )

    @cached_property
    def judged(self) -> bool:
        return any(each.measure in OUTCOMES for each in self.columns)

    @cached_property
    def featured(self) -> bool:
        return any(each.where or each.what not in {None, "score"} for each in self.columns)

    @cached_property
    def linked(self) -> bool:
        return any(each.measure == "distinct" for each in self.columns)


class Judged(NamedTuple):
    """A row of a range of verdicts; the first three are unique together, and in order."""

    place: int
    known_at: int
    outcome_id: int
    event_id: int
    label: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The lookups of a product, and the two statements that do them all.

    Attributes:
        sightings: Gives rows of place, moment and event, unique and in order so far, then score,
            features and entities as JSON, each null where no column asks; empty without a lookup.
        verdicts: Gives ``Judged`` rows; empty where no column asks for outcomes.
        codes: (product, feature) -> the codes of a category's words, for ``latest``.
    """

    product: Product
    lookups: tuple[Lookup, ...]
    sightings: str
    verdicts: str
    codes: Mapping[tuple[str, str], Codes]


def plan(product: Product, others: Mapping[str, Product], dialect: Dialect) -> Plan:
    """Prepare what is read for every application of a product.

    Args:
        product: Whose history columns.
        others: The declarations of the products it may look at, by name.
        dialect: Of the database.
    """
    lookups = lookups_of(product)
    return Plan(
        product=product,
        lookups=lookups,
        sightings=_sql([_sightings(each) for each in lookups], dialect),
        verdicts=_sql([_verdicts(each) for each in lookups if each.judged], dialect),
        codes=_codes(product, others),
    )


def declared(product: Product, served: Mapping[str, Product]) -> dict[str, Product]:
    """Find the declarations of the products that a product looks into: served here, or built in.

    Raises:
        BundleMismatch: One that it takes features of is neither.
    """
    asked = {each.of for each in product.history}
    known = {name: served[name] for name in asked & served.keys()}
    known |= {name: read_product(name) for name in asked & {*built_in()} - known.keys()}
    for each in product.history:
        if each.measure == "latest" and each.what != "score" and each.of not in known:
            raise BundleMismatch(
                f"{product.name}: history {each.name}: looks into {each.of}, "
                "which is neither served here nor built in"
            )
    return known


def lookups_of(product: Product) -> tuple[Lookup, ...]:
    ranked = sorted(product.history, key=_range)
    return tuple(
        Lookup(place=place, entity=entity, of=of, inside=inside, columns=tuple(columns))
        for place, ((entity, of, inside), columns) in enumerate(groupby(ranked, key=_range))
    )


def _range(column: History) -> tuple[str, str, bool]:
    looks_inside = column.where is not None or column.measure in {"latest", "distinct"}
    return column.entity, column.of, looks_inside


def _sql(parts: list[Select], dialect: Dialect) -> str:
    if not parts:
        return ""
    whole = parts[0] if len(parts) == 1 else union_all(*parts)
    return written(whole, dialect)


def _sightings(lookup: Lookup) -> Select:
    place = lookup.place
    seen = sighting.c
    rows = select(
        literal_column(str(place)).label("place"),
        seen.occurred_at,
        seen.event_id,
        cast(event.c.score if lookup.inside else null(), Integer).label("score"),
        cast(event.c.features if lookup.featured else null(), String).label("features"),
        cast(event.c.entities if lookup.linked else null(), String).label("entities"),
    ).where(
        seen.entity_id == bindparam(f"entity_{place}"),
        seen.stream_id == bindparam(f"stream_{place}"),
        seen.occurred_at >= bindparam(f"begin_{place}"),
        seen.occurred_at <= bindparam("at"),
    )
    return rows.join(event, event.c.id == seen.event_id) if lookup.inside else rows


def _verdicts(lookup: Lookup) -> Select:
    place = lookup.place
    found = verdict.c
    return select(
        literal_column(str(place)).label("place"),
        found.known_at,
        found.outcome_id,
        found.event_id,
        found.label,
    ).where(
        found.entity_id == bindparam(f"entity_{place}"),
        found.stream_id == bindparam(f"stream_{place}"),
        found.known_at <= bindparam("at"),
    )


def _codes(product: Product, others: Mapping[str, Product]) -> dict[tuple[str, str], Codes]:
    asked = {each.of for each in product.history if each.measure == "latest"}
    return {
        (name, feature.name): feature.codes
        for name in asked & others.keys()
        for feature in others[name].inputs
        if isinstance(feature, Category)
    }
