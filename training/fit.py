"""Grow the trees: XGBoost histograms, stopped by a later slice."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import xgboost as xgb

from riskscore.product.spec import Category, Product
from training.datasets import Dataset, Places
from training.masking import masked
from training.progress import Advance, counting

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
) -> xgb.QuantileDMatrix:
    """Bin some rows for growing, history hidden here and there; a later slice takes these bins."""
    return xgb.QuantileDMatrix(
        masked(dataset, places, seed=seed),
        dataset.labels[places],
        weight=dataset.weights[places],
        max_bin=dataset.product.recipe.bins,
        ref=like,
    )


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
