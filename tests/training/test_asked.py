"""Thresholds by what people can look at, or by what things cost, and what the manifest says."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskscore.model.bundle import load_bundle
from riskscore.product.spec import Product
from tests.training.conftest import Run
from training.asked import Costs
from training.bootstrap import DAY
from training.datasets import Source
from training.judge import answers
from training.read import read_dataset
from training.splits import split
from training.thresholds import by_alerts

COSTS = "look = 2.0\nfraud = 100.0\nwrong_block = 50.0\ncaught = 0.8\n"


@pytest.fixture
def data(dated: pd.DataFrame, tmp_path: Path) -> Path:
    dated.to_csv(tmp_path / "rows.csv", index=False)
    return tmp_path / "rows.csv"


def test_as_many_are_looked_at_a_day_as_people_can(
    toml: Path, data: Path, registrations: Product, tmp_path: Path, run: Run
) -> None:
    run("fit", toml, data, "--out", tmp_path / "models", "--alerts-per-day", 3)

    bundle = load_bundle(tmp_path / "models/registrations/1")
    rows = read_dataset(registrations, Source(path=data))
    calibrated = rows.take(split(rows, seed=0).calibrate)
    scores = answers(bundle, calibrated.matrix).scores
    a_day = (scores >= 500).sum() / (len(calibrated) / 24)
    assert 2.5 < a_day <= 3.01
    asked = bundle.manifest["asked"]["review_fpr"]
    assert bundle.manifest["thresholds_on"]["review"]["fpr"] == asked
    assert bundle.manifest["asked"]["block_fpr"] == 0.005


def test_costs_set_both_thresholds_where_they_break_even(
    toml: Path, data: Path, tmp_path: Path, run: Run
) -> None:
    (tmp_path / "costs.toml").write_text(COSTS, "utf-8")

    run("fit", toml, data, "--out", tmp_path / "models", "--costs", tmp_path / "costs.toml")

    bundle = load_bundle(tmp_path / "models/registrations/1")
    margins = [bundle.thresholds.review_margin, bundle.thresholds.block_margin]
    review, block = bundle.calibration.probabilities(np.array(margins))
    assert 2 / (100 * 0.8) <= review < 0.06
    assert 48 / 70 <= block < 0.8


def test_break_even_is_where_the_costs_are_the_same() -> None:
    costs = Costs(look=2, fraud=100, wrong_block=50, caught=0.8)

    at = costs.review_from
    assert at * costs.fraud == pytest.approx(costs.look + at * costs.fraud * (1 - costs.caught))
    at = costs.block_from
    looked = costs.look + at * costs.fraud * (1 - costs.caught)
    assert (1 - at) * costs.wrong_block == pytest.approx(looked)


def test_the_manifest_says_how_surely_the_rates_hold(toml: Path, data: Path, run: Run) -> None:
    run("fit", toml, data, "--out", data.parent / "models")

    record = load_bundle(data.parent / "models/registrations/1").manifest
    review = record["thresholds_on"]["review"]
    assert review["asked"] == 0.05
    assert review["low"] <= review["fpr"] <= review["high"]
    assert review["low"] < review["high"]
    assert review["margin"] == record["thresholds"]["review_margin"]
    assert review["margin_low"] <= review["margin"] <= review["margin_high"]
    assert review["margin_low"] < review["margin_high"]
    assert review["confidence"] is None
    assert review["strata"] == []
    assert record["calibrated_by"]["map"] in {"beta", "platt", "isotonic"}


def test_rates_are_kept_with_the_confidence_asked_for(toml: Path, data: Path, run: Run) -> None:
    out = ["--out", data.parent / "models"]
    run("fit", toml, data, *out)
    path = toml.read_text("utf-8").replace("[training]", "[training]\nblock_fpr = 0.03")
    (data.parent / "product.toml").write_text(path, "utf-8")
    run("fit", data.parent / "product.toml", data, *out, "--threshold-confidence", 0.9)

    plain, sure = (load_bundle(data.parent / f"models/registrations/{each}") for each in (1, 2))
    assert sure.thresholds.review_margin > plain.thresholds.review_margin
    told = sure.manifest["thresholds_on"]
    assert sure.manifest["asked"] == {"review_fpr": 0.05, "block_fpr": 0.03}
    for rule in ("review", "block"):
        assert told[rule]["confidence"] == 0.9
        assert told[rule]["fpr"] < told[rule]["asked"]
        assert told[rule]["margin_low"] <= told[rule]["margin"] <= told[rule]["margin_high"]


def test_people_who_look_at_so_many_a_day_ask_for_no_confidence(
    toml: Path, data: Path, run: Run
) -> None:
    asked = ["--alerts-per-day", 3, "--threshold-confidence", 0.5]

    run("fit", toml, data, "--out", data.parent / "models", *asked)

    told = load_bundle(data.parent / "models/registrations/1").manifest["thresholds_on"]
    assert told["review"]["confidence"] is None
    assert told["block"]["confidence"] == 0.5


def test_no_margin_is_small_enough_for_no_people() -> None:
    margins = np.array([1, 1, 1, 2, 2], np.float32)
    times = np.arange(5) * DAY

    assert by_alerts(margins, times, 0.5) == 2
    assert by_alerts(margins, times, 0.1) > 2


@pytest.mark.parametrize(
    ("options", "costs", "message"),
    [
        (["--alerts-per-day", 3, "--costs"], COSTS, "expected at most one"),
        (["--costs"], "look = 2.0\n", "fraud: required: expected a number above 0"),
        (["--costs"], "look", "expected a TOML file of costs"),
        (["--threshold-confidence", 0.9, "--costs"], COSTS, "--costs sets both thresholds"),
    ],
)
def test_wrong_costs_are_one_line(  # noqa: PLR0913, PLR0917 - one row of the table above
    toml: Path, data: Path, run: Run, options: list[object], costs: str, message: str
) -> None:
    path = data.parent / "costs.toml"
    path.write_text(costs, "utf-8")

    result = run("fit", toml, data, "--out", data.parent / "m", *options, path, expect=1)

    assert message in result.stderr


def test_alerts_a_day_need_days(toml: Path, csv: Path, tmp_path: Path, run: Run) -> None:
    result = run("fit", toml, csv, "--out", tmp_path / "m", "--alerts-per-day", 3, expect=1)

    assert "--alerts-per-day: the rows have no time" in result.stderr
