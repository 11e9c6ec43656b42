"""What xgboost takes for the same rows: needs numpy and xgboost, of any release, and nothing else.

    python bench/theirs.py MODEL.ubj ROWS.npy

Prints one JSON object: the release, and microseconds of processor time per row.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray

Rows = NDArray[np.float32]
ALONE = 30  # rows asked for one by one
TOGETHER = 1_000  # rows explained in one call, which take seconds


def main(model: str, rows: str) -> None:
    booster = xgb.Booster({"nthread": 1}, model_file=model)
    matrix = np.load(rows)
    ones = [matrix[row : row + 1] for row in range(ALONE)]
    part = matrix[:TOGETHER]
    explain(booster, ones[0])
    print(
        json.dumps(
            {
                "release": xgb.__version__,
                "explain one": statistics.median(taken(explain, booster, row) for row in ones),
                "explain": taken(explain, booster, part) / len(part),
                "margins one": statistics.median(taken(score, booster, row) for row in ones),
                "margins": taken(score, booster, matrix) / len(matrix),
            }
        )
    )


def explain(booster: xgb.Booster, rows: Rows) -> object:
    return booster.predict(xgb.DMatrix(rows, nthread=1), pred_contribs=True)


def score(booster: xgb.Booster, rows: Rows) -> object:
    return booster.inplace_predict(rows, predict_type="margin", validate_features=False)


def taken(function: Callable[..., object], *arguments: object) -> float:
    """Microseconds of this process: time on the wall says how busy others are."""
    start = time.process_time()
    function(*arguments)
    return (time.process_time() - start) * 1e6


if __name__ == "__main__":
    main(*sys.argv[1:])
