"""Hide history at random while fitting, so that a model is sane without it.

A bank without a telecom partner, or a new installation, lacks all history of a product at once;
so whatever looks at one product is hidden together, row by row.
"""

import numpy as np
from numpy.typing import NDArray

from riskscore.product.encode import Matrix
from riskscore.product.spec import Derived, History, Product
from training.datasets import Dataset, Places


def masked(dataset: Dataset, places: Places, *, seed: int) -> Matrix:
    """Copy some rows of the matrix, in a share of which each product's history is NaN.

    A row is hidden or not whatever other rows are asked for; the same seed hides the same.
    """
    matrix = dataset.matrix[places]
    share = dataset.product.recipe.history_masking
    for number, columns in enumerate(columns_by_product(dataset.product).values()):
        rng = np.random.default_rng([seed, number])
        hidden = rng.random(len(dataset), np.float32)[places] < share
        matrix[np.ix_(hidden, columns)] = np.nan
    return matrix


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
