"""Labelled rows in memory, whatever they were read from: a labelled table or an event folder."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskscore.product.encode import Matrix
from riskscore.product.spec import Product
from riskscore.product.values import Values
from training.labels import Labels
from training.receipts import Times
from training.stored import in_blocks, taken
from training.unlabelled import Unlabelled

Places = NDArray[np.int64]  # of rows in a dataset, from 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where labelled rows come from.

    Attributes:
        path: A labelled table (csv, parquet, folder of parquet parts) or an event folder.
        label: The label column of a labelled table.
        time: The column of the application's moment; ``occurred_at`` where there is one, if None.
        as_of: Event folder: only what was known by then counts; microseconds UTC, None for all.
        truth: A file whose labels stand instead of the data's own.
        first: Event folder: only applications from then on are rows, earlier ones are history;
            microseconds UTC, None for all.
        known_since: Event folder: since when everything was watched; None to go by what came first.
        weighed: Event folder: weigh found frauds by lateness and source, and leave out rows that
            are too young.
        unlabelled: Event folder: what rows are taken for of which no fraud was found.
        scores_from: Bundles whose scores are looked at instead of the event files' own.
        agreements: Event folder: a file of agreements by which tenants see each other's history.
        declarations: Folders where products that are looked at may be declared.
        scratch: A folder for the encoded rows of a labelled table that memory does not hold.
    """

    path: Path
    label: str = "label"
    time: str | None = None
    as_of: int | None = None
    truth: Path | None = None
    first: int | None = None
    known_since: int | None = None
    weighed: bool = False
    unlabelled: Unlabelled = "clean"
    scores_from: tuple[Path, ...] = ()
    agreements: Path | None = None
    declarations: tuple[Path, ...] = ()
    scratch: Path | None = None

    @property
    def about_events(self) -> list[str]:
        """Name the options given that only an event folder can follow."""
        options = {
            "--as-of": self.as_of is not None,
            "--from": self.first is not None,
            "--known-since": self.known_since is not None,
            "--unlabelled": self.unlabelled != "clean",
            "--scores-from": bool(self.scores_from),
            "--agreements": self.agreements is not None,
        }
        return [name for name, given in options.items() if given]


class Upstream(NamedTuple):
    """A bundle whose scores are among the rows' columns.

    Attributes:
        until: The last moment of the rows it was fitted on, where it says so.
    """

    product: str
    version: str
    sha256: str
    until: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dataset:
    """Labelled rows, encoded.

    Attributes:
        matrix: Shape (n_rows, n_columns); a mapped file where memory does not hold it.
        weights: Shape (n_rows,), 1 unless the data says otherwise.
        times: When each application occurred; None where the data has no time.
        rows: The row of the file that each stands for, from 0.
        file: The table that ``rows`` counts in.
        label: What the labels were read from, in words.
        as_of: Until when outcomes were known, microseconds UTC; None for a labelled table.
        ignored: Columns that nobody declared.
        past: History columns that the file lacks, by name, of every row of the file.
        upstreams: Whose scores are among them.
        chances: That a fraud ever found is found by now, shape (n_rows,); None where rows of
            which no fraud was found count as innocent.
        worth: What the weights were made of, for the manifest; None where nothing was weighed.
    """

    product: Product
    matrix: Matrix
    labels: Labels
    weights: Values
    times: Times | None
    rows: Places
    file: Path
    label: str
    as_of: int | None = None
    ignored: tuple[str, ...] = ()
    past: Mapping[str, Values] = field(default_factory=dict)
    upstreams: tuple[Upstream, ...] = ()
    worth: Mapping[str, Any] | None = None
    chances: Values | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def positives(self) -> int:
        return int(self.labels.sum())

    def take(self, places: Places) -> "Dataset":
        """Keep some rows, in the order given."""
        return replace(
            self,
            matrix=taken(self.matrix, places),
            labels=self.labels[places],
            weights=self.weights[places],
            times=None if self.times is None else self.times[places],
            rows=self.rows[places],
            chances=None if self.chances is None else self.chances[places],
        )

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all a fit learns from: columns, values, labels, weights, times, chances."""
        digest = hashlib.sha256(repr([each.name for each in self.product.columns]).encode())
        for block in in_blocks(self.matrix):
            digest.update(block.data)
        for part in (self.labels, self.weights, self.times, self.chances):
            if part is not None:
                digest.update(np.ascontiguousarray(part).data)
        return digest.hexdigest()
