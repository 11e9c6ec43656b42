"""Grow trees on a Dask cluster: blocks of rows go to the workers, one booster comes back.

Rows are read, judged and encoded here, once, as for a fit on one machine, and sent block by block:
workers need no file and no code of ours, and this machine holds a block at a time where the matrix
is on disk. The stages after it look at slices that are scored quickly, and stay here.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import NamedTuple

import dask.array as da
import numpy as np
import xgboost as xgb
from dask.delayed import delayed
from distributed import Client, Future
from xgboost import dask as dxgb

from riskscore.cluster import workers_of
from riskscore.errors import ClusterFailed
from training.datasets import Dataset, Places
from training.fit import SMALL, Grown, parameters
from training.masking import masked
from training.progress import counting

GLANCE = 1.0  # seconds between looks at who is still there


class Sent(NamedTuple):
    """Rows as the workers hold them, block by block."""

    rows: da.Array
    labels: da.Array
    weights: da.Array


def grow_on(client: Client, dataset: Dataset, fit: Places, stop: Places, *, seed: int) -> Grown:
    """Fit a booster on a cluster; other arguments as of ``training.fit.grow``.

    Each worker draws row samples of its own, so trees differ from those of one machine by chance.

    Raises:
        ClusterFailed: A worker was lost, or the cluster failed.
    """
    stopped = watched(client, lambda: grow_until_stopped(client, dataset, fit, stop, seed=seed))
    rounds = stopped.num_boosted_rounds()
    if len(fit) >= SMALL:
        return Grown(stopped, stopped, rounds)
    both = np.union1d(fit, stop)
    return Grown(
        stopped, watched(client, lambda: regrow(client, dataset, both, rounds, seed=seed)), rounds
    )


def grow_until_stopped(
    client: Client, dataset: Dataset, fit: Places, stop: Places, *, seed: int
) -> xgb.Booster:
    recipe = dataset.product.recipe
    rows = quantiles(client, dataset, fit, seed=seed)
    found = dxgb.train(
        client,
        dict(parameters(dataset, fit, seed=seed)),
        rows,
        recipe.rounds,
        evals=[(quantiles(client, dataset, stop, seed=seed, like=rows), "stop")],
        early_stopping_rounds=recipe.patience,
        verbose_eval=False,
    )
    booster: xgb.Booster = found["booster"]
    return booster[: booster.best_iteration + 1]


def regrow(
    client: Client, dataset: Dataset, places: Places, rounds: int, *, seed: int
) -> xgb.Booster:
    settings = dict(parameters(dataset, places, seed=seed))
    rows = quantiles(client, dataset, places, seed=seed)
    booster: xgb.Booster = dxgb.train(client, settings, rows, rounds)["booster"]
    return booster


def quantiles(
    client: Client,
    dataset: Dataset,
    places: Places,
    *,
    seed: int,
    like: dxgb.DaskQuantileDMatrix | None = None,
) -> dxgb.DaskQuantileDMatrix:
    """Bin rows where they were sent; a later slice takes the bins of an earlier one."""
    given, bins = sent(client, dataset, places, seed=seed), dataset.product.recipe.bins
    return dxgb.DaskQuantileDMatrix(
        client, given.rows, given.labels, weight=given.weights, max_bin=bins, ref=like
    )


def sent(client: Client, dataset: Dataset, places: Places, *, seed: int) -> Sent:
    """Send rows to the workers in turn, with what belongs to them, and each at least once.

    Raises:
        ClusterFailed: There is no worker any more.
    """
    workers = workers_of(client)
    if not workers:
        raise ClusterFailed("the cluster has no workers any more")
    parts = []
    with counting("Sending rows to workers", total=len(places)) as advance:
        for number, (rows, where) in enumerate(_shares(dataset, places, len(workers), seed=seed)):
            block = [rows, dataset.labels[where], dataset.weights[where]]
            to = workers[number % len(workers)]
            held = client.scatter(block, workers=[to], hash=False)
            parts.append([_part(*each) for each in zip(held, block, strict=True)])
            advance(len(rows))
    return Sent(*(da.concatenate(each) for each in zip(*parts, strict=True)))


def _shares(
    dataset: Dataset, places: Places, workers: int, *, seed: int
) -> Iterator[tuple[np.ndarray, Places]]:
    """Give blocks of rows and where they stand, cut so that every worker gets some."""
    start = 0
    for block in masked(dataset, places, seed=seed):
        few = len(places) < workers * len(block)
        for rows in np.array_split(block, min(workers, len(block)) if few else 1):
            yield rows, places[start : start + len(rows)]
            start += len(rows)


def _part(held: Future, like: np.ndarray) -> da.Array:
    part: da.Array = da.from_delayed(delayed(held), shape=like.shape, dtype=like.dtype)
    return part


def watched(client: Client, act: Callable[[], xgb.Booster]) -> xgb.Booster:
    """Act while every worker stays: XGBoost would wait long for one that is gone.

    Raises:
        ClusterFailed: A worker was lost, or something failed on one.
    """
    begun = set(workers_of(client))
    with ThreadPoolExecutor(1) as thread:
        acting = thread.submit(act)
        try:
            while True:
                try:
                    return acting.result(timeout=GLANCE)
                except TimeoutError:
                    if lost := begun.difference(workers_of(client)):
                        raise ClusterFailed(
                            f"a worker was lost while trees grew: {min(lost)}; fit again"
                        ) from None
                except (CancelledError, ValueError, OSError, xgb.core.XGBoostError) as error:
                    raise ClusterFailed(f"the cluster failed while trees grew: {error}") from error
        finally:
            if not acting.done():
                client.close()  # which ends what the thread waits for
