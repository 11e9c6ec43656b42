"""A product without some of its columns, to see what they are worth."""

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from riskscore.product.spec import Product
from training.errors import OptionInvalid


def without(product: Product, patterns: Sequence[str]) -> Product:
    """Leave columns out of the model, and whatever is derived from them.

    Args:
        product: The declaration; not modified.
        patterns: Names, in which * stands for anything.

    Raises:
        OptionInvalid: A pattern names no column, or nothing is left.
    """
    names = [each.name for each in product.columns]
    gone = {name for pattern in patterns for name in _matching(pattern, names)}
    while more := {each.name for each in product.derived if gone & set(each.of)} - gone:
        gone |= more
    if gone >= set(names):
        raise OptionInvalid("--without: no column is left for the model")
    return replace(
        product,
        inputs=tuple(each for each in product.inputs if each.name not in gone),
        history=tuple(each for each in product.history if each.name not in gone),
        derived=tuple(each for each in product.derived if each.name not in gone),
    )


def _matching(pattern: str, names: Sequence[str]) -> list[str]:
    found = [name for name in names if fnmatchcase(name, pattern)]
    if not found:
        raise OptionInvalid(f"--without: {pattern!r} is no column of the model")
    return found
