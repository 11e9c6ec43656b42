"""What only a whole product file can break: the rules between its parts."""

from collections import Counter
from collections.abc import Iterator
from typing import assert_never

from riskscore.product.spec import (
    Category,
    Derived,
    Flag,
    History,
    Input,
    Integer,
    Number,
    Product,
    Where,
)
from riskscore.product.values import expected

TAKEN = frozenset({"products", "decisions", "outcomes", "lists"})  # they are paths of the API
OURS = frozenset({"reference", "occurred_at", "received_at", "tenant", "purpose", "score"})


def broken(product: Product) -> list[str]:
    """Say which rules a product breaks, each as ``key: what was expected``."""
    return [
        *_names(product),
        *(line for each in product.inputs for line in _input(each)),
        *(line for each in product.history for line in _history(each, product)),
        *(line for each in product.derived for line in _derived(each, product)),
        *_circles(product),
        *_recipe(product),
    ]


def _names(product: Product) -> Iterator[str]:
    if product.name in TAKEN:
        yield f"product: {product.name!r} is taken by the API: expected another name"
    columns = [each.name for each in (*product.inputs, *product.history, *product.derived)]
    if not any(each.model for each in product.inputs) and not product.history:
        yield "feature: expected at least one [[feature]] for the model"
    entities = {each.name for each in product.entities}
    for name, times in Counter(columns).items():
        if times > 1:
            yield f"{name}: the name stands {times} times: expected once"
        if name in OURS or name in entities or name.removesuffix("_since") in entities:
            yield f"{name}: is the name of another column of the table: expected another name"
    for name in sorted(entities & OURS):
        yield f"entities.{name}: is the name of another column of the table: expected another name"


def _input(feature: Input) -> Iterator[str]:
    place = f"feature {feature.name}"
    if isinstance(feature, Number | Integer) and feature.low > feature.high:
        yield f"{place}: low: expected at most high"
    if isinstance(feature, Category) and len(set(feature.values)) < len(feature.values):
        yield f"{place}: values: expected each word once"
    if not feature.protected and not feature.model:
        yield f"{place}: model: expected only beside protected = true"


def _history(feature: History, product: Product) -> Iterator[str]:
    place = f"history {feature.name}"
    own = {each.name for each in product.inputs}
    entities = {each.name for each in product.entities}
    if feature.entity not in entities:
        yield f"{place}: entity: expected one of this product's entities"
    yield from _history_what(feature, place, product.name, own, entities)
    if feature.measure == "share" and feature.where is None:
        yield f"{place}: where: required: expected a filter, for measure share"
    if (feature.measure == "confirmed_rate") != (feature.base_rate is not None):
        yield f"{place}: base_rate: expected with measure confirmed_rate, and only there"
    if feature.where and feature.of == product.name:
        yield from _history_where(feature.where, place, product)
    elif feature.where and feature.where.feature == "score":
        yield f"{place}: where.feature: expected an input of {feature.of}, which a score is not"


def _history_where(where: Where, place: str, product: Product) -> Iterator[str]:
    looked_at = {each.name: each for each in product.inputs}.get(where.feature)
    if looked_at is None:
        yield f"{place}: where.feature: expected an input of {product.name}"
    elif not _takes(looked_at, where):
        yield f"{place}: where.equals: expected {expected(looked_at)}"


def _takes(feature: Input, where: Where) -> bool:
    """Tell whether an input may have the value that a filter asks for."""
    value = where.equals
    match feature:
        case Category(values=words):
            return value in words
        case Flag():
            return isinstance(value, bool)
        case Number() | Integer():
            if isinstance(value, bool | str) or not feature.low <= value <= feature.high:
                return False
            return isinstance(feature, Number) or value == int(value)
        case _:
            assert_never(feature)


def _history_what(
    feature: History, place: str, product: str, inputs: set[str], entities: set[str]
) -> Iterator[str]:
    wants = feature.measure in {"distinct", "latest"}
    if wants != (feature.what is not None):
        yield f"{place}: what: expected with measure distinct or latest, and only there"
    if feature.of != product or feature.what is None:
        return
    if feature.measure == "distinct" and feature.what not in entities - {feature.entity}:
        yield f"{place}: what: expected another entity of {product}"
    if feature.measure == "latest" and feature.what == "score":
        yield f"{place}: what: a product may not look at its own score"
    elif feature.measure == "latest" and feature.what not in inputs:
        yield f"{place}: what: expected an input of {product}"


def _derived(feature: Derived, product: Product) -> Iterator[str]:
    parts = {each.name: each for each in (*product.inputs, *product.history, *product.derived)}
    for name in feature.of:
        part = parts.get(name)
        if part is None:
            yield f"derived {feature.name}: of: {name!r} is not declared: expected a column"
        elif isinstance(part, Category):
            yield f"derived {feature.name}: of: {name!r} is a category: expected a quantity"
        elif isinstance(part, Input) and part.protected:
            yield f"derived {feature.name}: of: {name!r} is protected: expected another column"


def _circles(product: Product) -> Iterator[str]:
    names = {each.name for each in product.derived}
    parts = {each.name: names.intersection(each.of) for each in product.derived}
    while free := {name for name, of in parts.items() if not of & parts.keys()}:
        parts = {name: of for name, of in parts.items() if name not in free}
    if parts:
        yield f"derived {', '.join(sorted(parts))}: of: made of each other in a circle"


def _recipe(product: Product) -> Iterator[str]:
    if product.recipe.block_fpr > product.recipe.review_fpr:
        yield "training: block_fpr: expected at most review_fpr"
