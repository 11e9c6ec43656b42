"""The statements that read what history columns need, written out once for a product.

The database counts what a window holds, because an identifier may have very many events; what the
counts are worth, and which outcome stands, is said by ``windows``. Tests hold the values to the
plain definition on random streams.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Dialect,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    distinct,
    func,
    literal,
    literal_column,
    null,
    select,
    union_all,
)

from riskscore.history.engine import to_json
from riskscore.history.glances import Glances, glances_of
from riskscore.history.lookups import Codes, Lookup, codes_of, lookups_of
from riskscore.history.schema import event, sighting, verdict
from riskscore.product.spec import Product, Where

AT: BindParameter[int] = bindparam("at", type_=BigInteger)
OWN: BindParameter[int] = bindparam("own", type_=BigInteger)
ONE: ColumnElement[int] = literal_column("1", Integer)
ORDER = (sighting.c.occurred_at, sighting.c.event_id)  # of occurrence, then of receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """SQL as the driver takes it, with the parameters that are the same for every application."""

    text: str = ""
    constants: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The lookups of a product, and the two statements that do them all.

    Attributes:
        counts: Gives a row for each lookup: its place; two numbers for each of its columns,
            what ``_counted`` says; and, of the latest event, its moment, its number and the value
            as JSON text.
        verdicts: Gives rows of place, event, its moment, and ``known_at``, number and label of an
            outcome, of the events that a lookup sees; empty where no column asks for outcomes.
        codes: (product, feature) -> the codes of a category's words, for ``latest``.
        glances: What the sightings of this product's own events carry.
        seen_by: Entities by which this product's own events are looked at.
    """

    product: Product
    lookups: tuple[Lookup, ...]
    counts: Statement
    verdicts: Statement
    codes: Mapping[tuple[str, str], Codes]
    glances: Glances
    seen_by: frozenset[str]

    @cached_property
    def begins(self) -> Mapping[str, tuple[str, int]]:
        """Where windows begin: parameter -> entity, and how long before now in microseconds."""
        return {
            column.begin: (lookup.entity, column.window)
            for lookup in self.lookups
            for column in lookup.asked
        }

    @cached_property
    def who(self) -> Mapping[str, str]:
        """Whose sightings: parameter -> entity."""
        return {each.who: each.entity for each in self.lookups}

    @cached_property
    def where_from(self) -> Mapping[str, str]:
        """Of which stream: parameter -> product."""
        return {each.where_from: each.of for each in self.lookups}

    @cached_property
    def looked_at(self) -> Mapping[str, frozenset[str]]:
        """The products looked at, and by which entities each."""
        return {
            of: frozenset(each.entity for each in self.lookups if each.of == of)
            for of in {each.of for each in self.lookups}
        }


def plan(
    product: Product,
    others: Mapping[str, Product],
    dialect: Dialect,
    *,
    watching: Iterable[Product] = (),
) -> Plan:
    """Prepare what is read for every application of a product, and what is kept of it.

    Args:
        product: Whose history columns.
        others: The declarations of the products it may look at, by name.
        dialect: Of the database.
        watching: The products served beside it, which may look at this one.
    """
    lookups, watchers = lookups_of(product), (product, *watching)
    most = max((len(each.columns) for each in lookups), default=0)
    writer = Writer(dialect)
    return Plan(
        product=product,
        lookups=lookups,
        counts=writer.statement([writer.counts(each, most) for each in lookups]),
        verdicts=writer.statement([writer.verdicts(each) for each in lookups if each.judged]),
        codes=codes_of(product, others),
        glances=glances_of(product.name, watchers),
        seen_by=frozenset(
            each.entity for one in watchers for each in one.history if each.of == product.name
        ),
    )


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes statements for one kind of database."""

    dialect: Dialect

    def statement(self, parts: list[Select]) -> Statement:
        if not parts:
            return Statement()
        whole = parts[0] if len(parts) == 1 else union_all(*parts)
        compiled = whole.compile(dialect=self.dialect)
        fixed = {name: value for name, value in compiled.params.items() if value is not None}
        return Statement(text=str(compiled), constants=fixed)

    def counts(self, lookup: Lookup, most: int) -> Select:
        if lookup.last:
            return self.latest(lookup, most)
        numbers = [
            number
            for place in range(len(lookup.columns))
            for number in self._counted(lookup, place)
        ]
        rows = select(*_row(lookup, numbers, most, null()))
        return self._ranged(rows, lookup)

    def latest(self, lookup: Lookup, most: int) -> Select:
        """Look for the latest event from the end."""
        [column] = lookup.columns
        what = str(column.what)
        score = cast(event.c.score, String)
        value = score if what == "score" else self._inside(event.c.features, what)
        rows = select(*_row(lookup, [*ORDER], most, value))
        rows = self._ranged(rows, lookup)
        if lookup.where:
            value_of = self._inside(event.c.features, lookup.where.feature)
            rows = rows.where(meets(value_of, lookup.where))
        found = rows.order_by(*(each.desc() for each in ORDER)).limit(literal_column("1"))
        return select(found.subquery(f"latest_{lookup.place}"))

    def verdicts(self, lookup: Lookup) -> Select:
        found, happened = verdict.c, event.c.occurred_at
        rows = (
            select(
                literal_column(str(lookup.place)).label("place"),
                found.event_id,
                happened,
                found.known_at,
                found.outcome_id,
                found.label,
            )
            .join(event, event.c.id == found.event_id)
            .where(
                found.entity_id == bindparam(lookup.who, type_=BigInteger),
                found.stream_id == bindparam(lookup.where_from, type_=BigInteger),
                found.known_at <= AT,
                happened.between(_begin(lookup, lookup.longest), AT),
                found.event_id != OWN,
            )
        )
        if lookup.where is None:
            return rows
        value = self._inside(event.c.features, lookup.where.feature)
        return rows.where(meets(value, lookup.where))

    def _ranged(self, rows: Select, lookup: Lookup) -> Select:
        seen = sighting.c
        if lookup.last:
            rows = rows.join_from(sighting, event, event.c.id == seen.event_id)
        return rows.where(
            seen.entity_id == bindparam(lookup.who, type_=BigInteger),
            seen.stream_id == bindparam(lookup.where_from, type_=BigInteger),
            seen.occurred_at.between(_begin(lookup, lookup.longest), AT),
            seen.event_id != OWN,
        )

    def _counted(self, lookup: Lookup, place: int) -> tuple[ColumnElement, ColumnElement]:
        """Count the events within a window, and what else its measure asks for.

        That is, of a share those that meet the filter, of ``distinct`` the others met, of
        ``seconds_since_latest`` the moment of the latest; null of anything else.
        """
        column = lookup.columns[place]
        within = sighting.c.occurred_at >= _begin(lookup, place)
        met = within
        if column.where:
            met = and_(within, meets(self._glanced("f", column.where.feature), column.where))
        seen = func.count(case((within if column.measure == "share" else met, ONE)))
        match column.measure:
            case "share":
                return seen, func.count(case((met, ONE)))
            case "distinct":
                other = func.nullif(self._glanced("e", str(column.what)), fixed("null"))
                return seen, func.count(distinct(case((met, other))))
            case "seconds_since_latest":
                return seen, func.max(case((met, sighting.c.occurred_at)))
            case _:
                return seen, null()

    def _glanced(self, table: str, name: str) -> ColumnElement:
        """Take what a sighting carries; what it does not, the event knows."""
        whole = event.c.features if table == "f" else event.c.entities
        asked = select(self._inside(whole, name)).where(event.c.id == sighting.c.event_id)
        return func.coalesce(self._inside(sighting.c.glance, table, name), asked.scalar_subquery())

    def _inside(self, column: ColumnElement, *names: str) -> ColumnElement:
        """Take a value out of a JSON object, as JSON text."""
        if self.dialect.name == "sqlite":
            names = ("$" + "".join(f".{to_json(name)}" for name in names),)
        for name in names:
            column = column.op("->", precedence=15)(fixed(name))
        return cast(column, String)


def meets(value: ColumnElement, where: Where) -> ColumnElement[bool]:
    """Compare a value with every way to spell the sought one; it is worked out once."""
    same = [(fixed(each), ONE) for each in spellings(where.equals)]
    return case(*same, value=value).is_not(None)


def fixed(text: str) -> ColumnElement[str]:
    """Write a text into the statement: what is bound costs again at every call.

    Not one with a backslash, of which not every PostgreSQL makes the same.
    """
    if "\\" in text:
        return literal(text, String)
    return literal_column("'" + text.replace("'", "''") + "'", String)


def spellings(value: str | float) -> list[str]:
    """List how a value may stand in JSON; to a model true is 1, and 1 is 1.0."""
    if isinstance(value, str):
        return [to_json(value)]
    number = float(value)
    forms: list[float | int | bool] = [number] if number else [0.0, -0.0]
    if number.is_integer():
        forms.append(int(number))
    if number in {0, 1}:
        forms.append(bool(number))
    return [to_json(each) for each in forms]


def _begin(lookup: Lookup, place: int) -> BindParameter[int]:
    return bindparam(lookup.asked[place].begin, type_=BigInteger)


def _row(
    lookup: Lookup, numbers: list[Any], most: int, value: ColumnElement
) -> list[ColumnElement]:
    padded = [*numbers, *[null()] * (2 * most - len(numbers))]
    columns = [cast(each, BigInteger).label(f"n{place}") for place, each in enumerate(padded)]
    place = literal_column(str(lookup.place), Integer).label("place")
    return [place, *columns, cast(value, String).label("value")]
