"""Two bundles' answers to the same rows, later than anything either was fitted on."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from riskscore.model.bundle import Bundle
from training.datasets import Dataset, Source
from training.errors import NotComparable
from training.evaluate import load, models_of
from training.events import is_event_folder
from training.gate.reading import found_share
from training.judge import Answers, served
from training.read import read_dataset
from training.unseen import check_unseen, later_rows, learned_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One bundle and its answers to the judged rows.

    Attributes:
        found_share: Share of frauds ever found that labels are read with; None where they are
            taken for the whole truth.
    """

    folder: Path
    bundle: Bundle
    rows: Dataset
    given: Answers

    @property
    def found_share(self) -> float | None:
        return None if self.rows.chances is None else found_share(self.bundle)

    @property
    def about(self) -> dict[str, Any]:
        return {
            "version": self.bundle.version,
            "sha256": self.bundle.sha256,
            "found_share": self.found_share,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Challenger and champion on the same rows, in the same order."""

    challenger: Side
    champion: Side

    @property
    def alone(self) -> bool:
        """Whether a champion is only asked whether it may stay."""
        return self.challenger.bundle.sha256 == self.champion.bundle.sha256


def read_sides(challenger: Path, champion: Path, source: Source) -> Sides:
    """Load two bundles and let both answer the rows that neither was fitted on.

    Where the data has a time these are the rows after both were calibrated, else all of them. Of
    an event folder rows also say how likely their frauds would be known by now, if a bundle was
    fitted by that.

    Raises:
        NotComparable: They are of two products, or were fitted on rows of the file.
        DataError, TrainingError, StartupError: As the message says.
    """
    bundles = load(challenger), load(champion)
    if bundles[0].product.name != bundles[1].product.name:
        raise NotComparable(
            f"{champion}: of product {bundles[1].product.name}, the challenger is of "
            f"{bundles[0].product.name}: expected one product"
        )
    source = replace(source, declarations=(*source.declarations, models_of(challenger)))
    if is_event_folder(bundles[0].product, source.path) and any(map(found_share, bundles)):
        source = replace(source, unlabelled="pu")
    first = read_dataset(bundles[0].product, source)
    same = bundles[0].product.source == bundles[1].product.source
    second = first if same else read_dataset(bundles[1].product, source)
    places = later_rows(first, [learned_until(each) for each in bundles])
    if not np.array_equal(first.rows, second.rows):
        raise NotComparable(f"{first.file}: the two products do not read the same rows of it")
    return Sides(
        challenger=_side(challenger, bundles[0], first.take(places)),
        champion=_side(champion, bundles[1], second.take(places)),
    )


def _side(folder: Path, bundle: Bundle, rows: Dataset) -> Side:
    check_unseen(folder, bundle, rows)
    return Side(folder=folder, bundle=bundle, rows=rows, given=served(bundle, rows))
