"""Event folders with what they remember, and models that see one sector's history or both."""

import shutil
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from riskscore.history.replay import Replay, replay
from riskscore.model.trees import Trees
from riskscore.product.declared import looked_at
from riskscore.product.encode import Matrix
from riskscore.product.spec import Product
from riskscore.product.toml import built_in, read_product
from training.backtest.form import read_rules
from training.calibrate import calibrate
from training.datasets import Dataset, Places, Source
from training.fit import grow_until_stopped
from training.masking import columns_by_product
from training.matrix import read_table
from training.read import read_dataset
from training.receipts import read_times
from training.splits import cut_by_time
from training.thresholds import scale_at, threshold
from training.without import without

RULES = Path(__file__).parent.parent / "examples" / "rules"
ETA = 0.1  # twice the usual step: half the time of some fifteen fits a country
FPR = 0.01  # share of the innocent that are bothered
ALERTS = 0.01  # share of rows that anybody can look at
STOP = 0.15  # share of the past that says when to stop growing


class Worth(NamedTuple):
    """What one way of judging finds.

    Attributes:
        tpr: Share of frauds found at 1 % false positives.
        found: Frauds per 1,000 alerts.
        frauds: How many there were.
    """

    tpr: float
    found: float
    frauds: int


class Later(NamedTuple):
    """Encoded rows to judge, and what they really were."""

    matrix: Matrix
    truth: NDArray[np.int8]


class Model(NamedTuple):
    """Trees, and the columns of the whole matrix that they see; ``stop`` says when they stopped."""

    trees: Trees
    columns: Places
    stop: Places

    def margins(self, matrix: Matrix) -> NDArray[np.float64]:
        return self.trees.margins(matrix[:, self.columns])[:, 0].astype(np.float64)

    def worth(self, later: Later) -> Worth:
        return worth(self.margins(later.matrix), later.truth)


class Cut(NamedTuple):
    """One product's applications before a moment, as known then, and those after it."""

    past: Dataset
    later: Later

    def fitted(self, sources: Collection[str]) -> Model:
        """Fit on inputs and on the history of some products."""
        hidden = [each.name for each in self.past.product.history if each.of not in sources]
        product = without(self.past.product, hidden)
        kept = {each.name for each in product.columns}
        places = enumerate(self.past.product.columns)
        columns = np.array([place for place, each in places if each.name in kept])
        quick = replace(product, recipe=replace(product.recipe, eta=ETA))
        rows = replace(self.past, product=quick, matrix=self.past.matrix[:, columns])
        grow_on, stop = cut_by_time(times(rows), (1 - STOP, STOP))
        return Model(Trees(grow_until_stopped(rows, grow_on, stop, seed=0)), columns, stop)

    def lacking(self, gone: Collection[str]) -> Later:
        """Show the later rows as they are when the history of some products is lost."""
        matrix = self.later.matrix.copy()
        for of, columns in columns_by_product(self.past.product).items():
            if of in gone:
                matrix[:, columns] = np.nan
        return Later(matrix, self.later.truth)

    def by_rules(self) -> Worth:
        """Judge by how many rules each row breaks."""
        product = self.past.product
        names = [each.name for each in product.columns]
        rules = read_rules(RULES / f"{product.name}.toml", product)
        broken = rules.points(lambda name: self.later.matrix[:, names.index(name)])
        return worth(broken, self.later.truth)


def cut(product: Product, folder: Path, moment: int) -> Cut:
    """Read a product's rows, labelled as was known by a moment, and those after it by the truth."""
    past = read_dataset(product, Source(path=folder, as_of=moment))
    whole = read_dataset(product, Source(path=folder, truth=folder / "truth.parquet"))
    after = whole.take(np.flatnonzero(times(whole) > moment))
    return Cut(past, Later(after.matrix, after.labels))


def times(dataset: Dataset) -> NDArray[np.int64]:
    if dataset.times is None:
        raise ValueError("a simulated country has times")
    return dataset.times


def worth(margins: NDArray[np.float64], truth: NDArray[np.int8]) -> Worth:
    """Say what a ranking finds; of rows of equal margin, such as rules give, a share counts."""
    alerts = round(ALERTS * len(truth))
    border = np.sort(margins)[-alerts]
    above, at = margins > border, margins == border
    found = truth[above].sum() + truth[at].mean() * (alerts - above.sum())
    fpr, tpr, _ = roc_curve(truth, margins, drop_intermediate=False)
    return Worth(float(np.interp(FPR, fpr, tpr)), float(found / alerts * 1000), int(truth.sum()))


def deal_out(real: Path, dealt: Path, seed: int) -> None:
    """Copy an event folder, every product's identifiers dealt out among those who have one."""
    shutil.copytree(real, dealt)
    rng = np.random.default_rng(seed)
    for name in built_in():
        table = pq.read_table(dealt / f"{name}.parquet")
        for entity in read_product(name).entities:
            column = table[entity.name].combine_chunks()
            having = np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))
            order = np.arange(len(column))
            order[having] = rng.permutation(having)
            place = table.schema.get_field_index(entity.name)
            table = table.set_column(place, entity.name, column.take(pa.array(order)))
        pq.write_table(table, dealt / f"{name}.parquet")


def remember(product: Product, folder: Path, live: int) -> None:
    """Add a product's history columns to its events, and the scores it serves once it is live.

    The model that goes live knows what was known then; earlier applications have no score.
    """
    path = folder / f"{product.name}.parquet"
    table = pq.read_table(path)
    past = replay(Replay(product=product, events=folder, looked_at=looked_at(product, ())))
    for name, values in past.values.items():
        table = table.append_column(name, pa.array(values, from_pandas=True))
    pq.write_table(table, path)
    scores = served(product, folder, live)
    pq.write_table(table.append_column("score", pa.array(scores, from_pandas=True)), path)


def served(product: Product, folder: Path, live: int) -> NDArray[np.float64]:
    """Score the applications after a moment with the model fitted then; NaN before it."""
    past = cut(product, folder, live).past
    model = Cut(past, Later(past.matrix, past.labels)).fitted({each.of for each in product.history})
    margins = model.margins(past.matrix[model.stop])
    labels, weights = past.labels[model.stop], past.weights[model.stop]
    calibration = calibrate(margins, labels, weights)
    scale = scale_at(threshold(margins, labels, weights, product.recipe.review_fpr), calibration)
    rows = read_table(product, folder / f"{product.name}.parquet", beside=["occurred_at"])
    scores = scale.scores(calibration.probabilities(model.margins(rows.matrix)))
    occurred = read_times(rows.others["occurred_at"], folder, "occurred_at")
    return np.where(occurred > live, scores, np.nan)
