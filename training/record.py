"""What the manifest says about how a model was made."""

import platform
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import numpy as np
import xgboost as xgb

from riskscore.product.moments import rfc3339
from training import sketch
from training.datasets import Dataset, Places
from training.splits import Split
from training.stored import in_blocks


def record(
    dataset: Dataset, split: Split, *, seed: int, rounds: int, figures: Mapping[str, Any]
) -> dict[str, Any]:
    """Write down the making of a model; only ``created`` differs between equal fits."""
    fitted_on = np.sort(np.concatenate([split.fit, split.stop, split.calibrate]))
    return {
        "title": dataset.product.title,
        "product_version": dataset.product.version,
        "created": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "libraries": libraries(),
        "seed": seed,
        "data": data(dataset),
        "split": {
            name: part(dataset, places) for name, places in zip(Split._fields, split, strict=True)
        },
        "recipe": asdict(dataset.product.recipe),
        "rounds": rounds,
        "trees": rounds * dataset.product.recipe.trees_per_round,
        "metrics": dict(figures),
        "rows_seen": sketch.to_record(sketch.sketch_of(in_blocks(dataset.matrix, fitted_on))),
    }


def libraries() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "xgboost": xgb.__version__,
        "riskscore": version("riskscore"),
    }


def data(dataset: Dataset) -> dict[str, Any]:
    """Describe all rows used, test slice included."""
    return {
        "sha256": dataset.fingerprint,
        **part(dataset, np.arange(len(dataset))),
        "label": dataset.label,
        "upstreams": [each._asdict() for each in dataset.upstreams],
        "as_of": None if dataset.as_of is None else rfc3339(dataset.as_of),
        **({} if dataset.worth is None else {"worth": dict(dataset.worth)}),
    }


def part(dataset: Dataset, places: Places) -> dict[str, Any]:
    """Count a slice, and give its period where the data has a time."""
    counts = {"rows": len(places), "positives": int(dataset.labels[places].sum())}
    if dataset.times is None:
        return counts | {"from": None, "to": None}
    times = dataset.times[places]
    return counts | {"from": rfc3339(int(times.min())), "to": rfc3339(int(times.max()))}
