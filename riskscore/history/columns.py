"""What a sweep reads and writes: applications in order of identifier, and one history column."""

from collections.abc import MutableSequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
NEVER = 2**63 - 1  # since when something was watched that was not
Places = MutableSequence[int]  # an array, once compiled


class Rows(NamedTuple):
    """Applications by identifier, those of one identifier in order of receipt; shape (n_rows,).

    Attributes:
        at: When each occurred, microseconds since 1970.
        received: When it was received.
        since: Since when the identifier is its holder's, ALWAYS unless said.
        known: Since when the product looked at was watched; beyond all times where it was not.
        reference: A number per (tenant, product, reference); NONE where it can be no event here.
        own: The place of the event with the row's own reference, NONE where none came before.
        asks: Whether a value is wanted.
        counts: Whether those after it see it.
    """

    at: Integers
    received: Integers
    since: Integers
    known: Integers
    reference: Integers
    own: Integers
    asks: Flags
    counts: Flags


class Column(NamedTuple):
    """What one history column measures."""

    code: int
    base_rate: float
    window: int  # microseconds


class Swept(NamedTuple):
    """Values of the rows that ask, and whether their window began before anybody watched."""

    values: NDArray[np.float64]
    short: Flags
