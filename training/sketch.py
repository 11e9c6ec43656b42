"""Recognise the rows that a bundle was fitted on, without keeping them.

The bundle keeps the smallest hashes of its rows (a bottom-k sketch). A row of other data whose
hash is among the smallest, too, was fitted on if and only if the sketch holds it; so a few
hundred hashes tell which share of a file the model has seen. Rows that occurred more than once
say nothing, because the next one of their kind is as likely to be new; and where rows are so
coarse that even a row seen once is likely to come again, that is taken into account.
"""

import base64
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from riskscore.product.encode import Matrix

Hashes = NDArray[np.uint64]

SIZE = 1024
STEP = np.uint64(0x9E3779B97F4A7C15)  # the constants of splitmix64
MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
HARMLESS = 0.01  # share of rows that may have been seen, say by chance, without a word
CERTAINTY = 1e-3  # how unlikely that would have to be before we speak


class Sketch(NamedTuple):
    """The smallest distinct hashes of a set of rows.

    Attributes:
        hashes: Ascending.
        times: How often each occurred, 3 standing for more.
    """

    hashes: Hashes
    times: NDArray[np.uint8]

    @property
    def reach(self) -> np.uint64:
        """The largest hash that the sketch can tell of."""
        return self.hashes[-1] if len(self.hashes) == SIZE else np.uint64(2**64 - 1)


class Overlap(NamedTuple):
    """What share of some rows a bundle was fitted on, and whether that is beyond chance."""

    share: float
    certain: bool


def row_hashes(matrix: Matrix) -> Hashes:
    """Hash encoded rows, shape (n_rows, n_columns), to 64 bits each."""
    hashes = np.zeros(len(matrix), np.uint64)
    for column in matrix.T:
        plain = np.where(np.isnan(column), np.float32(np.nan), column + np.float32(0))
        hashes = _mixed(hashes + STEP + plain.astype(np.float32).view(np.uint32))
    return hashes


def sketch_of(blocks: Iterable[Matrix]) -> Sketch:
    """Keep the smallest hashes of rows that come block by block."""
    kept, times = np.empty(0, np.uint64), np.empty(0, np.int64)
    for rows in blocks:
        new, often = np.unique(row_hashes(rows), return_counts=True)
        kept, place = np.unique(np.concatenate([kept, new[:SIZE]]), return_inverse=True)
        times = np.bincount(place, np.concatenate([times, often[:SIZE]])).astype(np.int64)
        kept, times = kept[:SIZE], times[:SIZE]
    return Sketch(kept, np.minimum(times, 3).astype(np.uint8))


def overlap(sketch: Sketch, matrix: Matrix) -> Overlap:
    """Estimate which share of the rows are among those that the sketch was made of."""
    given = np.unique(row_hashes(matrix))
    given = given[given <= sketch.reach]
    telling = given[~np.isin(given, sketch.hashes[sketch.times > 1])]
    if not len(telling):
        return Overlap(0.0, certain=False)
    seen = int(np.isin(telling, sketch.hashes).sum())
    chance = chance_of(sketch)
    share = max(0.0, (seen / len(telling) - chance) / max(1 - chance, 1e-9))
    unlikely = binom.sf(seen - 1, len(telling), min(chance + HARMLESS, 1))
    return Overlap(share, certain=bool(unlikely < CERTAINTY))


def chance_of(sketch: Sketch) -> float:
    """Estimate how many new rows that are unlike any repeated one are like one seen once.

    Source:
        Good, "The population frequencies of species", Biometrika 1953: unseen kinds weigh as
        much as those seen once, and kinds seen once as much as twice those seen twice.
    """
    once, twice = int((sketch.times == 1).sum()), int((sketch.times == 2).sum())  # noqa: PLR2004
    return 2 * twice / max(once + 2 * twice, 1)


def to_record(sketch: Sketch) -> dict[str, str]:
    """Write a sketch for the manifest: little-endian bytes in base64."""
    return {
        "hashes": base64.b64encode(sketch.hashes.astype("<u8").tobytes()).decode(),
        "times": base64.b64encode(sketch.times.tobytes()).decode(),
    }


def from_record(record: Mapping[str, str]) -> Sketch:
    """Read what ``to_record`` wrote.

    Raises:
        KeyError, ValueError: It is something else.
    """
    hashes = np.frombuffer(base64.b64decode(record["hashes"]), "<u8").astype(np.uint64)
    return Sketch(hashes, np.frombuffer(base64.b64decode(record["times"]), np.uint8))


def _mixed(hashes: Hashes) -> Hashes:
    """Scatter hashes; the finalizer of splitmix64."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * MIX[0]
    hashes = (hashes ^ (hashes >> np.uint64(27))) * MIX[1]
    return hashes ^ (hashes >> np.uint64(31))
