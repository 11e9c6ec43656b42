"""Rows by whether anything was known of each product that history looks at."""

import numpy as np

from training.datasets import Dataset
from training.groups import UNKNOWN, Groups
from training.masking import columns_by_product
from training.stored import in_blocks


def strata(rows: Dataset) -> list[Groups]:
    """Group the rows by each product looked at; those that are all alike are no strata."""
    found = []
    for of, columns in columns_by_product(rows.product).items():
        blocks = in_blocks(rows.matrix)
        there = np.concatenate([~np.isnan(each[:, columns]).all(axis=1) for each in blocks])
        names, places = np.unique(there, return_inverse=True)
        if len(names) > 1:
            words = tuple("known" if each else UNKNOWN for each in names)
            found.append(Groups(feature=f"history of {of}", names=words, places=places))
    return found
