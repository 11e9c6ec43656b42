"""From labelled rows to a bundle; read this file first.

read        labelled rows, encoded by the product file           datasets, labelled, events,
            in memory or on disk                                 stored
hold out    rows set aside for whoever judges the model           holdout
split       fit, stop, calibrate, test: by time, else by label    splits
tune        the recipe, where a search is asked for               tune
grow        trees, stopped by a later slice, here or on many      fit, cluster
            machines
decide      probabilities, on a still later one, thresholds,      decide, maps,
            and what 500 points mean                              thresholds
judge       metrics on the last slice                             judge, metrics
publish     one folder that proves itself when loaded             riskscore.model.publish
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from riskscore.model.bundle import check_models, read_scale
from riskscore.model.publish import Fitted, publish
from riskscore.model.scale import Scale
from riskscore.model.trees import Trees
from riskscore.product.outputs import check_output
from riskscore.product.spec import Product
from training.apart import grouping
from training.asked import Asked
from training.datasets import Dataset, Source
from training.decide import decide
from training.doubts import warn_of_copies, warn_of_few, warn_of_scale
from training.fit import Grow, grow
from training.holdout import Holdout, set_aside
from training.importance import importance
from training.judge import judge
from training.read import read_dataset
from training.record import record
from training.splits import latest_places, split
from training.stored import scratch
from training.tune import Search, tune


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How a fit is wanted.

    Attributes:
        models: The models folder that the bundle goes to.
        version: Its name; the next number, if None.
        holdout: Rows to set aside before anything else.
        asked: How thresholds are set; at the recipe's rates of innocent rows unless told.
        search: For a better recipe than the product's own.
        external_memory: Keep encoded rows and their bins on disk, where memory does not hold them.
        dask: A scheduler's address, or ``local``: grow the trees on that cluster.
    """

    models: Path
    seed: int = 0
    version: str | None = None
    holdout: Holdout | None = None
    asked: Asked = field(default_factory=Asked)
    search: Search | None = None
    external_memory: bool = False
    dask: str | None = None


def fit(product: Product, source: Source, order: Order) -> Path:
    """Fit a product on labelled rows and publish its bundle.

    Returns:
        The bundle's folder.

    Raises:
        DataError, TrainingError, StartupError, ClusterFailed: As the message says.
    """
    if order.holdout is not None:
        check_output(order.holdout.out, source.path)
    check_models(order.models)
    if order.asked.by is not None:
        grouping(product, order.asked.by)
    scale = read_scale(order.models / product.name)
    with scratch(wanted=order.external_memory) as folder, growing(order.dask) as grow_trees:
        dataset = read_dataset(product, replace(source, scratch=folder))
        if order.holdout is not None:
            dataset = set_aside(dataset, order.holdout, seed=order.seed)
        made = fitted(
            dataset,
            scale,
            seed=order.seed,
            asked=order.asked,
            search=order.search,
            grow_trees=grow_trees,
        )
        return publish(order.models, made, version=order.version)


@contextmanager
def growing(dask: str | None) -> Iterator[Grow]:
    """Give what grows the trees: this machine, or a cluster.

    Raises:
        ClusterFailed: The cluster cannot be used.
    """
    if dask is None:
        yield grow
        return
    from riskscore.cluster import connected  # noqa: PLC0415 - an extra of its own
    from training.cluster import grow_on  # noqa: PLC0415 - likewise

    with connected(dask) as client:
        yield partial(grow_on, client)


def fitted(  # noqa: PLR0913 - keywords of one fit
    dataset: Dataset,
    scale: Scale | None,
    *,
    seed: int,
    asked: Asked | None = None,
    search: Search | None = None,
    grow_trees: Grow = grow,
) -> Fitted:
    """Fit one model; the same arguments give the same model, whatever the day.

    Args:
        dataset: The rows.
        scale: What 500 points mean for this product; None on its first fit.
        seed: Of the samples, and of the split where there is no time.
        asked: How thresholds are set.
        search: For a better recipe than the product's own.
        grow_trees: Grows them, here unless told.

    Raises:
        TooFewRows: Some slice would have only one label.
        OptionInvalid: Thresholds are asked of the latest rows, and there is no time.
    """
    warn_of_copies(dataset)
    parts = split(dataset, seed=seed)
    warn_of_few(dataset, parts)
    tuned = None if search is None else tune(dataset, search, seed=seed)
    if tuned is not None:
        dataset = replace(dataset, product=replace(dataset.product, recipe=tuned.recipe))
    grown = grow_trees(dataset, parts.fit, parts.stop, seed=seed)
    trees = Trees(grown.final)
    asked, rows = asked or Asked(), dataset.take(parts.calibrate)
    decided = decide(trees, rows, scale, asked)
    figures = judge(decided.model, dataset.take(parts.test))
    if asked.latest:
        latest = latest_places(dataset, parts)
        decided = decide(trees, rows, scale, asked, dataset.take(latest))
        parts = parts._replace(calibrate=np.union1d(parts.calibrate, latest))
    model = decided.model
    if scale is not None:
        warn_of_scale(model, rows)
    return Fitted(
        product=dataset.product,
        trees=trees,
        calibration=model.calibration,
        scale=model.scale,
        thresholds=model.thresholds,
        importance=importance(trees, rows.matrix),
        record=record(
            dataset,
            parts,
            seed=seed,
            rounds=grown.rounds,
            figures=figures,
        )
        | decided.record
        | ({} if tuned is None else {"tuning": tuned.record}),
    )
