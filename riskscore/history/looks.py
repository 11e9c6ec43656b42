"""What the history columns of a product look at, gathered by product and entity.

Columns that look at the same identifiers are computed in one pass, and of each product's
applications only what some column needs is read.
"""

from collections.abc import Mapping
from typing import NamedTuple

from riskscore.errors import ProductInvalid
from riskscore.product.spec import Entity, History, Input, Product

SCORE = "score"
JUDGING = ("confirmed", "confirmed_rate")


class Look(NamedTuple):
    """The columns that look at one product's applications through one entity."""

    of: str
    entity: str
    columns: tuple[History, ...]


class Sheet(NamedTuple):
    """What is needed of one product's applications.

    Attributes:
        entities: By name.
        quantities: Inputs by name; None stands for the score.
        since: Whether it matters since when identifiers are their holder's.
    """

    product: str
    entities: Mapping[str, Entity]
    quantities: Mapping[str, Input | None]
    since: bool


def looks(product: Product) -> list[Look]:
    """Gather the history columns of a product."""
    gathered: dict[tuple[str, str], list[History]] = {}
    for each in product.history:
        gathered.setdefault((each.of, each.entity), []).append(each)
    return [Look(of, entity, tuple(columns)) for (of, entity), columns in gathered.items()]


def asking_sheet(product: Product) -> Sheet:
    """Say what is needed of the applications that ask."""
    asked = {each.entity for each in product.history}
    entities = {each.name: each for each in product.entities if each.name in asked}
    return Sheet(product.name, entities, {}, since=True)


def seen_sheet(product: Product, of: str, looked_at: Mapping[str, Product]) -> Sheet:
    """Say what is needed of the applications that a product looks at.

    Raises:
        ProductInvalid: A column looks at an input or entity that nobody declares.
    """
    columns = [each for each in product.history if each.of == of]
    asked = {each.entity for each in columns}
    entities = {each.name: each for each in product.entities if each.name in asked}
    quantities: dict[str, Input | None] = {}
    for column in columns:
        if column.measure == "distinct":
            entities[str(column.what)] = _entity(column, looked_at)
        if column.measure == "latest":
            what = str(column.what)
            quantities[what] = None if what == SCORE else _input(column, what, looked_at)
        if column.where:
            quantities[column.where.feature] = _input(column, column.where.feature, looked_at)
    return Sheet(of, entities, quantities, since=False)


def merged(one: Sheet, other: Sheet) -> Sheet:
    """Say what is needed of applications that both ask and are seen."""
    return Sheet(
        one.product,
        {**one.entities, **other.entities},
        {**one.quantities, **other.quantities},
        one.since or other.since,
    )


def _entity(column: History, looked_at: Mapping[str, Product]) -> Entity:
    """Find the entity that is counted; only the product looked at knows its format."""
    for each in _declaration(column, looked_at).entities:
        if each.name == column.what:
            return each
    raise _undeclared(column, f"entity {column.what!r}")


def _input(column: History, name: str, looked_at: Mapping[str, Product]) -> Input:
    for each in _declaration(column, looked_at).inputs:
        if each.name == name:
            return each
    raise _undeclared(column, f"input {name!r}")


def _declaration(column: History, looked_at: Mapping[str, Product]) -> Product:
    try:
        return looked_at[column.of]
    except KeyError:
        raise ProductInvalid(
            f"history {column.name}: of: {column.of!r} is not declared anywhere: expected a "
            "built-in product, or a file of that name beside this product's"
        ) from None


def _undeclared(column: History, what: str) -> ProductInvalid:
    return ProductInvalid(f"history {column.name}: {column.of} declares no {what}")
