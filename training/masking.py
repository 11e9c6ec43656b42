"""Hide history at random while fitting, so that a model is sane without it.

A bank without a telecom partner lacks all history of a product at once, so whatever looks at one
product is hidden together, row by row; and a new installation lacks that of all products, so in
some rows all are hidden, which chance alone would hardly ever do where there are several.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from riskscore.product.encode import Matrix
from riskscore.product.spec import Derived, History, Product
from training.datasets import Dataset, Places
from training.stored import in_blocks

Flags = NDArray[np.bool_]

TOGETHER = 0.5  # of the rows in which a product's history is hidden, those where all is


def masked(dataset: Dataset, places: Places, *, seed: int) -> Iterator[Matrix]:
    """Copy some rows of the matrix block by block, in a share of which a product's history is NaN.

    A row is hidden or not whatever other rows are asked for; the same seed hides the same.
    """
    hidden = hidden_by_product(dataset, places, seed=seed)
    seen, start = columns_by_product(dataset.product), 0
    for rows in in_blocks(dataset.matrix, places):
        for of, columns in seen.items():
            rows[np.ix_(hidden[of][start : start + len(rows)], columns)] = np.nan
        start += len(rows)
        yield rows


def hidden_by_product(dataset: Dataset, places: Places, *, seed: int) -> dict[str, Flags]:
    """Draw in which rows each product's history is hidden, in the asked share of them."""
    share = dataset.product.recipe.history_masking
    everything = share * TOGETHER
    alone = (share - everything) / (1 - everything)  # of those rows where not all is
    products = sorted({each.of for each in dataset.product.history})
    drawn = [
        np.random.default_rng([seed, number]).random(len(dataset), np.float32)[places]
        for number in range(len(products) + 1)
    ]
    return {
        of: (drawn[0] < everything) | (mine < alone)
        for of, mine in zip(products, drawn[1:], strict=True)
    }


def columns_by_product(product: Product) -> dict[str, NDArray[np.int64]]:
    """Group the places of history columns, and of what is derived from them, by what they see."""
    seen: dict[str, set[str]] = {}
    for each in product.computable:
        if isinstance(each, History):
            seen[each.name] = {each.of}
        elif isinstance(each, Derived):
            seen[each.name] = seen.get(each.of[0], set()) | seen.get(each.of[1], set())
    names = [each.name for each in product.columns]
    return {
        of: np.array([place for place, name in enumerate(names) if of in seen.get(name, ())])
        for of in sorted({each.of for each in product.history})
    }
