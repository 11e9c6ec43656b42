"""An example application, made from the declaration: valid, plain and about nobody."""

from typing import Any, assert_never

from riskscore.product.spec import (
    Category,
    Entity,
    Flag,
    Format,
    Input,
    Integer,
    Number,
    Product,
)

IDENTIFIERS: dict[Format, str] = {
    "plain": "EXAMPLE-1",
    "e164": "+66812345678",
    "imei": "490154203237518",
    "iccid": "8966012345678901231",
    "iban": "GB82WEST12345698765432",
}
SHOWN = 8  # features in an example, unless more are required


def application(product: Product) -> dict[str, Any]:
    """Give what must be sent, and some of what may be."""
    optional = [each for each in product.inputs if each.missing and not each.protected]
    required = [each for each in product.inputs if not each.missing]
    shown = {each.name for each in [*required, *optional[: max(0, SHOWN - len(required))]]}
    return {
        "reference": "example-1",
        "occurred_at": "2026-11-21T10:00:00+07:00",
        "entities": {
            each.name: identifier(each)
            for place, each in enumerate(product.entities)
            if each.required or place == 0
        },
        "features": {each.name: value(each) for each in product.inputs if each.name in shown},
    }


def identifier(entity: Entity) -> str:
    return IDENTIFIERS[entity.format]


def value(feature: Input) -> str | bool | int | float:
    """Pick an unexciting value."""
    match feature:
        case Number(low=low, high=high):
            return (low + high) / 2 if high - low <= 1 else float(max(low, min(high, 1)))
        case Integer(low=low, high=high):
            return max(low, min(high, 1))
        case Flag():
            return False
        case Category(values=words):
            return words[0]
        case _:
            assert_never(feature)
