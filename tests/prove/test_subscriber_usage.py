"""The figures that the example's page states, on the real set."""

import json
from pathlib import Path

import pytest

from tests.training.conftest import Run

TOML = Path(__file__).parents[2] / "examples/subscriber_usage/product.toml"


@pytest.mark.parametrize(
    ("options", "auc", "tpr"),
    [([], 0.956, 0.78), (["--without", "arpu_*,month_ids,flow_month"], 0.955, 0.773)],
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
