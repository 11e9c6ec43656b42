"""The example of a user's own data, on the real set where there is one.

``EVALUATION_DATA`` names the folder that holds ``sichuan_telecom/subscribers.csv``; no row of it
may enter the project.
"""

import json
from pathlib import Path

import pandas as pd
import pytest

from riskscore.product.spec import Derived
from riskscore.product.toml import read_file
from tests.training.conftest import Run

TOML = Path(__file__).parents[2] / "examples/subscriber_usage/product.toml"


def test_the_product_file_declares_the_whole_set() -> None:
    product = read_file(TOML)

    assert len(product.inputs) == 55
    assert len(product.derived) == 37
    assert all(each.doc and each.code for each in product.columns)
    assert {each.code for each in product.columns if isinstance(each, Derived)} <= {
        each.code for each in product.inputs
    }


def test_a_quick_cross_validation_comes_near_the_figures(subscribers: Path, run: Run) -> None:
    result = run("crossvalidate", TOML, subscribers, "--folds", 3, "--json")

    found = json.loads(result.stdout)
    assert (found["rows"], found["positives"]) == (6_106, 1_962)
    assert found["auc"] > 0.95
    assert found["tpr_at_fpr"]["0.01"] > 0.74
    assert found["calibration_slope"] == pytest.approx(1, abs=0.25)


def test_fit_with_rows_set_aside_and_evaluate_them(
    subscribers: Path, tmp_path: Path, run: Run
) -> None:
    held, out = tmp_path / "held_out.csv", tmp_path / "evaluated.csv"
    aside = ["--holdout", 0.2, "--holdout-out", held]
    run("fit", TOML, subscribers, "--out", tmp_path / "models", *aside)
    bundle = tmp_path / "models/subscriber_usage"

    result = run("evaluate", bundle, held, "--out", out, "--json")

    found = json.loads(result.stdout)
    assert found["auc"] > 0.94
    assert found["log_loss"] < 0.25
    assert found["observed_positives"] == pytest.approx(found["expected_positives"], rel=0.1)
    assert len(pd.read_csv(out)) == found["rows"] == 1_221
    assert "used to fit" not in result.stderr
    assert "used to fit" in run("evaluate", bundle, subscribers, "--json").stderr
