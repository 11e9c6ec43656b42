"""``python -m training`` as a person or a program calls it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.training.conftest import Run


@pytest.fixture
def parts(dated: pd.DataFrame, toml: Path, tmp_path: Path, run: Run) -> Path:
    """A folder with data, rows held out of it, and a bundle fitted on the others."""
    dated.to_csv(tmp_path / "data.csv", index=False)
    arguments = ["--holdout", 0.25, "--holdout-out", tmp_path / "held.csv"]
    run("fit", toml, tmp_path / "data.csv", "--out", tmp_path / "models", *arguments)
    return tmp_path


def test_fit_says_what_it_made(toml: Path, csv: Path, tmp_path: Path, run: Run) -> None:
    result = run("fit", toml, csv, "--out", tmp_path / "models", "--version", "spring")

    assert "registrations version spring: 2,000 rows" in result.stdout
    assert "test slice of 200 rows: AUC 0." in result.stdout
    assert f"wrote {tmp_path / 'models/registrations/spring'}" in result.stdout
    assert "champion is spring" in result.stdout


def test_evaluate_prints_one_json_object_and_nothing_else(parts: Path, run: Run) -> None:
    result = run("evaluate", parts / "models/registrations", parts / "held.csv", "--json")

    found = json.loads(result.stdout)
    assert result.stderr == ""
    assert found["rows"] == 500
    wanted = {"positives", "auc", "average_precision", "tpr_at_fpr", "brier", "log_loss"}
    assert wanted | {"calibration_slope", "base_rate_log_loss", "thresholds"} <= set(found)
    assert {"0.01", "0.05"} <= set(found["tpr_at_fpr"])
    assert sum(band["rows"] for band in found["bands"]) == 500
    assert sum(level["observed"] for level in found["levels"]) == found["positives"]
    assert 0 <= found["thresholds"]["review"]["fpr"] < 0.12


def test_evaluate_is_readable_too(parts: Path, run: Run) -> None:
    result = run("evaluate", parts / "models/registrations/1", parts / "held.csv")

    for words in ("AUC", "TPR at 1.0% FPR", "review: score from 500", "very_high"):
        assert words in result.stdout


def test_rows_that_were_fitted_on_are_warned_of_on_stderr(parts: Path, run: Run) -> None:
    bundle = parts / "models/registrations"

    known = run("evaluate", bundle, parts / "data.csv", "--json")
    new = run("evaluate", bundle, parts / "held.csv", "--json")

    assert "of these rows were used to fit this bundle" in known.stderr
    json.loads(known.stdout)
    assert "used to fit" not in new.stderr


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_evaluate_writes_the_answer_to_each_row(parts: Path, run: Run, suffix: str) -> None:
    out = parts / f"answers.{suffix}"

    run("evaluate", parts / "models/registrations", parts / "held.csv", "--out", out)

    written = pd.read_csv(out) if suffix == "csv" else pd.read_parquet(out)
    held = pd.read_csv(parts / "held.csv")
    assert list(written.columns) == ["reference", "margin", "probability", "score"]
    assert list(written["reference"]) == list(held["reference"])
    assert written["score"].corr(held["label"]) > 0.5


def test_rows_without_reference_are_numbered_from_one(parts: Path, run: Run) -> None:
    held = pd.read_csv(parts / "held.csv").drop(columns="reference")
    held.to_csv(parts / "nameless.csv", index=False)
    out = parts / "answers.csv"

    run("evaluate", parts / "models/registrations", parts / "nameless.csv", "--out", out)

    assert list(pd.read_csv(out)["row"]) == list(range(1, 501))


def test_the_truth_may_judge(parts: Path, run: Run) -> None:
    held = pd.read_csv(parts / "held.csv")
    truth = held[["reference"]].assign(product="registrations", label=1 - held["label"])
    truth.to_parquet(parts / "truth.parquet")
    bundle, rows = parts / "models/registrations", parts / "held.csv"

    labels = json.loads(run("evaluate", bundle, rows, "--json").stdout)
    turned = run("evaluate", bundle, rows, "--truth", parts / "truth.parquet", "--json")

    assert json.loads(turned.stdout)["auc"] == pytest.approx(1 - labels["auc"])


def test_crossvalidate_prints_one_json_object(toml: Path, csv: Path, run: Run) -> None:
    options = ["--folds", 2, "--repeats", 1, "--without", "channel,port_in", "--json"]

    found = json.loads(run("crossvalidate", toml, csv, *options).stdout)

    assert {"auc", "auc_sd", "tpr_at_fpr", "tpr_at_fpr_sd", "brier_sd"} <= set(found)


def test_crossvalidate_is_readable_too(toml: Path, csv: Path, run: Run) -> None:
    result = run("crossvalidate", toml, csv, "--folds", 2)

    assert "sd over folds" in result.stdout


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--holdout", "0.2"], 1, "--holdout and --holdout-out: expected both or none"),
        (["--holdout", "1.5"], 2, "--holdout"),
        (["--holdout", "0.2", "--holdout-out", "x.xls"], 2, "ends in .csv or .parquet"),
        (["--as-of", "soon"], 2, "--as-of"),
        (["--as-of", "2026-01-01"], 1, "only an event folder"),
        (["--label", "fraud"], 1, "no label column 'fraud'"),
        (["--version", "../1"], 1, "version '../1'"),
    ],
)
def test_wrong_options_are_one_line(  # noqa: PLR0913, PLR0917 - one row of the table above
    toml: Path,
    csv: Path,
    tmp_path: Path,
    run: Run,
    options: list[str],
    code: int,
    message: str,
) -> None:
    result = run("fit", toml, csv, "--out", tmp_path / "models", *options, expect=code)

    assert message in result.stderr
    assert len([line for line in result.stderr.splitlines() if line.startswith("Error")]) == 1
    assert not (tmp_path / "models/registrations/1").exists()


def test_an_unknown_product_and_no_bundle_are_one_line(csv: Path, tmp_path: Path, run: Run) -> None:
    product = run("fit", "lottery", csv, "--out", tmp_path, expect=1)
    bundle = run("evaluate", tmp_path, csv, expect=1)

    assert product.stderr.startswith("Error: lottery: No such file")
    assert bundle.stderr.startswith(f"Error: {tmp_path}: no champion or manifest.json in it")


def test_a_damaged_bundle_is_one_line(parts: Path, run: Run) -> None:
    model = parts / "models/registrations/1/model.ubj"
    model.write_bytes(model.read_bytes()[:-10])

    result = run("evaluate", parts / "models/registrations", parts / "held.csv", expect=1)

    assert "not the file that the manifest was written for" in result.stderr


def test_a_process_of_its_own_fits_the_same_bundle(
    toml: Path, csv: Path, tmp_path: Path, run: Run
) -> None:
    """Another process hashes words differently and has another order of everything unordered."""
    run("fit", toml, csv, "--out", tmp_path / "here")
    there = str(tmp_path / "there")
    command = [sys.executable, "-m", "training", "fit", str(toml), str(csv), "--out", there]
    environment = os.environ | {"PYTHONHASHSEED": "1", "OMP_NUM_THREADS": "1"}
    subprocess.run(command, check=True, capture_output=True, env=environment)  # noqa: S603

    for name in ("model.ubj", "golden.json", "product.toml"):
        made = [tmp_path / place / "registrations/1" / name for place in ("here", "there")]
        assert made[0].read_bytes() == made[1].read_bytes()


def test_many_identical_rows_are_neither_hidden_nor_mistaken(
    frame: pd.DataFrame, toml: Path, tmp_path: Path, run: Run
) -> None:
    alike = pd.Series(np.arange(len(frame)) % 2 == 0)
    for column, value in {"sims": 3, "liveness": 0.5, "port_in": False, "channel": "store"}.items():
        frame[column] = frame[column].mask(alike, value)
    frame.to_csv(tmp_path / "data.csv", index=False)
    aside = ["--holdout", 0.25, "--holdout-out", tmp_path / "held.csv"]
    run("fit", toml, tmp_path / "data.csv", "--out", tmp_path / "models", *aside)

    known = run("evaluate", tmp_path / "models/registrations", tmp_path / "data.csv")
    new = run("evaluate", tmp_path / "models/registrations", tmp_path / "held.csv")

    assert "used to fit" in known.stderr
    assert "used to fit" not in new.stderr


def test_no_command_overwrites_what_it_reads(parts: Path, toml: Path, run: Run) -> None:
    before = (parts / "held.csv").read_bytes()
    data = parts / "held.csv"

    judged = run("evaluate", parts / "models/registrations", data, "--out", data, expect=1)
    aside = ["--holdout", 0.2, "--holdout-out", data]
    fitted = run("fit", toml, data, "--out", parts / "models", *aside, expect=1)

    assert judged.stderr == fitted.stderr
    assert f"Error: {data}: would overwrite {data}, which is read" in judged.stderr
    assert (parts / "held.csv").read_bytes() == before
    assert not (parts / "models/registrations/2").exists()


def test_one_folder_taken_for_another_is_said(parts: Path, toml: Path, run: Run) -> None:
    models, rows = parts / "models", parts / "held.csv"

    judged = run("evaluate", models, rows, expect=1)
    fitted = run("fit", toml, rows, "--out", models / "registrations", expect=1)

    assert "is a folder of products, such as models: expected the folder of a" in judged.stderr
    assert "is the folder of a product: expected a folder of products" in fitted.stderr


def test_a_serving_installation_says_what_training_needs() -> None:
    """Without site packages nothing that training imports is there."""
    command = [sys.executable, "-S", "-m", "training", "fit"]
    root = Path(__file__).parents[2]

    result = subprocess.run(command, check=False, capture_output=True, text=True, cwd=root)  # noqa: S603

    assert result.returncode == 1
    assert result.stderr.startswith("Error: training needs duckdb, numba, optuna, pandas")
    assert "requirements-dev.txt" in result.stderr
    assert len(result.stderr.splitlines()) == 1
