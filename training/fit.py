"""Grow the trees: XGBoost histograms, stopped by a later slice."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from uuid import uuid4

import numpy as np
import xgboost as xgb

from riskscore.product.spec import Category, Product
from training.datasets import Dataset, Places
from training.errors import ScratchFailed
from training.masking import masked
from training.progress import Advance, counting
from training.stored import folder_of

DIRECTION = {"increasing": 1, "decreasing": -1, None: 0}
# Fewer rows are fitted again on all of them, where a tenth more still helps, and by one thread:
# on a busy machine several wait for each other longer than they work (3 to 20 times, measured).
SMALL = 100_000


class Grown(NamedTuple):
    """A booster, and how many rounds the stopping slice asked for.

    Attributes:
        stopped: The booster as it was when it stopped: it knows the ``fit`` rows only.
        final: The booster to keep; of small sets fitted again with the stopping rows.
    """

    stopped: xgb.Booster
    final: xgb.Booster
    rounds: int


class Grow(Protocol):
    """What grows trees: ``grow``, or the same on a cluster."""

    def __call__(self, dataset: Dataset, fit: Places, stop: Places, *, seed: int) -> Grown: ...


def grow(dataset: Dataset, fit: Places, stop: Places, *, seed: int) -> Grown:
    """Fit a booster; the same arguments give the same trees.

    Args:
        dataset: Where the rows are.
        fit: Places of the rows to grow on.
        stop: Places of the rows whose log loss says when to stop.
        seed: Of the row and column samples.
    """
    stopped = grow_until_stopped(dataset, fit, stop, seed=seed)
    rounds = stopped.num_boosted_rounds()
    if len(fit) >= SMALL:
        return Grown(stopped, stopped, rounds)
    return Grown(stopped, regrow(dataset, np.union1d(fit, stop), rounds, seed=seed), rounds)


def grow_until_stopped(dataset: Dataset, fit: Places, stop: Places, *, seed: int) -> xgb.Booster:
    """Fit on some rows until later ones gain no more; arguments as of ``grow``."""
    recipe = dataset.product.recipe
    settings = parameters(dataset, fit, seed=seed)
    rows = quantiles(dataset, fit, seed=seed)
    later = quantiles(dataset, stop, seed=seed, like=rows)
    with counting("Growing trees") as advance:
        booster = xgb.train(
            dict(settings),
            rows,
            recipe.rounds,
            evals=[(later, "stop")],
            early_stopping_rounds=recipe.patience,
            callbacks=[Reported(advance)],
            verbose_eval=False,
        )
    return booster[: booster.best_iteration + 1]


def regrow(dataset: Dataset, places: Places, rounds: int, *, seed: int) -> xgb.Booster:
    """Fit a booster again, on more rows and for a known number of rounds."""
    settings = parameters(dataset, places, seed=seed)
    rows = quantiles(dataset, places, seed=seed)
    with counting("Growing trees on all rows", total=rounds) as advance:
        return xgb.train(dict(settings), rows, rounds, callbacks=[Reported(advance)])


def quantiles(
    dataset: Dataset, places: Places, *, seed: int, like: xgb.DMatrix | None = None
) -> xgb.DMatrix:
    """Bin some rows for growing, history hidden here and there; a later slice takes these bins.

    The bins of rows on disk are kept there, too.

    Raises:
        ScratchFailed: The disk is full, or fails.
    """
    folder, bins = folder_of(dataset.matrix), dataset.product.recipe.bins
    blocks = Blocks(dataset, places, seed=seed, folder=folder)
    if folder is None:
        return xgb.QuantileDMatrix(blocks, max_bin=bins, ref=like)
    try:
        return xgb.ExtMemQuantileDMatrix(blocks, max_bin=bins, ref=like)
    except xgb.core.XGBoostError as error:
        raise ScratchFailed(f"{folder}: bins cannot be kept on disk: {error}") from error


class Blocks(xgb.DataIter):
    """Some rows as XGBoost asks for them: block by block, several times over."""

    def __init__(
        self, dataset: Dataset, places: Places, *, seed: int, folder: Path | None = None
    ) -> None:
        self.dataset, self.places, self.seed = dataset, places, seed
        self.reset()
        prefix = None if folder is None else str(folder / f"bins-{uuid4().hex}")
        super().__init__(cache_prefix=prefix)

    def next(self, input_data: Callable[..., None]) -> bool:
        rows = next(self.blocks, None)
        if rows is None:
            return False
        places = self.places[self.done : self.done + len(rows)]
        labels, weights = self.dataset.labels[places], self.dataset.weights[places]
        input_data(data=rows, label=labels, weight=weights)
        self.done += len(rows)
        return True

    def reset(self) -> None:
        self.done, self.blocks = 0, masked(self.dataset, self.places, seed=self.seed)


def parameters(dataset: Dataset, places: Places, *, seed: int) -> Mapping[str, Any]:
    """Put the recipe into XGBoost's words; no class weights, which would spoil probabilities."""
    recipe = dataset.product.recipe
    return {
        "objective": "binary:logistic",
        "eval_metric": "logloss",
        "tree_method": "hist",
        "base_score": base_rate(dataset, places),
        "eta": recipe.eta,
        "max_depth": recipe.depth,
        "min_child_weight": recipe.min_child_weight,
        "subsample": recipe.subsample,
        "colsample_bytree": recipe.colsample,
        "reg_lambda": recipe.l2,
        "gamma": recipe.gamma,
        "max_bin": recipe.bins,
        "num_parallel_tree": recipe.trees_per_round,
        "monotone_constraints": constraints(dataset.product),
        "seed": seed,
        **({"nthread": 1} if len(places) < SMALL else {}),
    }


def constraints(product: Product) -> str:
    """Write the declared directions as XGBoost reads them, one per column."""
    directions = [
        0 if isinstance(each, Category) else DIRECTION[each.monotone] for each in product.columns
    ]
    return f"({','.join(str(each) for each in directions)})"


def base_rate(dataset: Dataset, places: Places) -> float:
    rate = float(np.average(dataset.labels[places], weights=dataset.weights[places]))
    return min(max(rate, 1e-6), 1 - 1e-6)


class Reported(xgb.callback.TrainingCallback):
    """Tells the progress bar of every round."""

    def __init__(self, advance: Advance) -> None:
        super().__init__()
        self.advance = advance

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002
        self.advance(1)
        return False
