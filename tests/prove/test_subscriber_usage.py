"""The figures that the example's page states, on the real set."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bench.subscribers import main
from tests.training.conftest import Run

TOML = Path(__file__).parents[2] / "examples/subscriber_usage/product.toml"


@pytest.mark.parametrize(
    ("options", "auc", "tpr"),
    [([], 0.958, 0.8), (["--without", "arpu_*,month_ids,flow_month"], 0.957, 0.78)],
    ids=["all columns", "without spend and exposure"],
)
def test_the_real_set_reaches_the_figures(
    subscribers: Path, run: Run, options: list[str], auc: float, tpr: float
) -> None:
    result = run(
        "crossvalidate", TOML, subscribers, "--folds", 5, "--repeats", 3, "--json", *options
    )

    found = json.loads(result.stdout)
    assert found["auc"] >= auc
    assert found["tpr_at_fpr"]["0.01"] >= tpr


def test_ours_is_ahead_of_others_on_the_same_folds(subscribers: Path) -> None:
    result = CliRunner().invoke(
        main, ["--data", str(subscribers.parents[1]), "--json"], catch_exceptions=False
    )

    found = json.loads(result.stdout)
    for rows in ("all", "kept back", "hard", "hard, kept back"):
        for rival in ("XGBoost set by hand", "XGBoost's own defaults", "logistic regression"):
            assert better(found, rows, rival, "AUC")["mean"] > 0
            assert better(found, rows, rival, "TPR at 1% FPR")["mean"] > 0
    assert better(found, "all", "XGBoost's own defaults", "AUC")["low"] > 0
    assert better(found, "all", "logistic regression", "AUC")["low"] > 0
    assert better(found, "all", "logistic regression", "TPR at 1% FPR")["low"] > 0


def better(found: Mapping[str, Any], rows: str, rival: str, figure: str) -> dict[str, float]:
    between: dict[str, float] = found[rows][rival][figure]["ours_better_by"]
    return between
