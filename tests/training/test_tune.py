"""A search for a recipe: never worse than the product's own, resumed, and honest about rows."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from riskscore.model.bundle import load_bundle
from riskscore.product.spec import Product
from tests.training.conftest import Run
from training.datasets import Dataset, Source
from training.errors import OptionInvalid
from training.read import read_dataset
from training.splits import split
from training.tune import TUNED, Search, Tuned, tune


def trials(found: Tuned) -> list[Any]:
    told: list[Any] = found.record["trials"]
    return told


def test_the_products_own_recipe_is_tried_first_and_the_best_is_taken(dataset: Dataset) -> None:
    found = tune(dataset, Search(trials=5, fpr=0.05), seed=0)

    own = dataset.product.recipe
    assert trials(found)[0]["recipe"]["depth"] == own.depth
    assert trials(found)[0]["recipe"]["eta"] == own.eta
    best = max(trials(found), key=lambda each: each["tpr"])
    assert trials(found)[found.record["best"]]["tpr"] == best["tpr"]
    assert found.recipe.depth == trials(found)[found.record["best"]]["recipe"]["depth"]
    assert found.recipe.rounds == own.rounds


def test_the_same_seed_tries_the_same(dataset: Dataset) -> None:
    one, other = (tune(dataset, Search(trials=3), seed=4) for _ in range(2))

    assert one == other


def test_rows_that_calibrate_or_judge_are_never_looked_at(
    registrations: Product, dated: pd.DataFrame, tmp_path: Path
) -> None:
    dated.to_csv(tmp_path / "dated.csv", index=False)
    rows = read_dataset(registrations, Source(path=tmp_path / "dated.csv"))
    parts = split(rows, seed=0)
    labels = rows.labels.copy()
    for places in (parts.calibrate, parts.test):
        labels[places] = labels[places][::-1]

    one, other = (
        tune(each, Search(trials=3), seed=0) for each in (rows, replace(rows, labels=labels))
    )

    assert (labels != rows.labels).any()
    assert one == other


def test_a_study_goes_on_where_it_was_stopped(dataset: Dataset, tmp_path: Path) -> None:
    study = tmp_path / "study.log"
    first = tune(dataset, Search(trials=2, study=study), seed=0)

    more = tune(dataset, Search(trials=4, study=study), seed=0)
    again = tune(dataset, Search(trials=4, study=study), seed=0)

    assert trials(more)[:2] == trials(first)
    assert len(trials(more)) == 4
    assert again == more


def test_a_study_of_other_rows_or_another_rate_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    study = tmp_path / "study.log"
    tune(dataset, Search(trials=1, study=study), seed=0)
    other = replace(dataset, weights=dataset.weights * 2)

    with pytest.raises(OptionInvalid, match="a study of other rows or another rate"):
        tune(other, Search(trials=1, study=study), seed=0)
    with pytest.raises(OptionInvalid, match="a study of other rows or another rate"):
        tune(dataset, Search(trials=1, fpr=0.2, study=study), seed=0)


def test_no_study_is_one_line(toml: Path, csv: Path, tmp_path: Path, run: Run) -> None:
    path = tmp_path / "study.log"
    path.write_text("nonsense\n" * 3, "utf-8")

    fit = ["fit", toml, csv, "--out", tmp_path / "m", "--study", path]
    broken, alone = run(*fit, "--trials", 1, expect=1), run(*fit, expect=1)

    assert "not a study" in broken.stderr
    assert "--study: expected --trials or --timeout with it" in alone.stderr


def test_a_timeout_ends_the_search(dataset: Dataset) -> None:
    found = tune(dataset, Search(timeout=0.5), seed=0)

    assert 1 <= len(trials(found)) < 200


def test_a_fit_takes_the_recipe_found_and_logs_every_trial(
    toml: Path, csv: Path, tmp_path: Path, run: Run
) -> None:
    run("fit", toml, csv, "--out", tmp_path / "m", "--trials", 4, "--tune-fpr", 0.05)

    record = load_bundle(tmp_path / "m/registrations/1").manifest
    tried = record["tuning"]["trials"]
    assert len(tried) == 4
    best = tried[record["tuning"]["best"]]["recipe"]
    assert {name: record["recipe"][name] for name in TUNED} == best


def test_a_search_that_is_killed_goes_on(toml: Path, csv: Path, tmp_path: Path, run: Run) -> None:
    study, models = tmp_path / "study.log", tmp_path / "m"
    fit = ["fit", toml, csv, "--out", models, "--study", study]
    command = [sys.executable, "-m", "training", *fit, "--trials", 10_000]
    words = [str(each) for each in command]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and finished(study) < 3:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = finished(study)

    run(*fit, "--trials", done + 2)

    tried = load_bundle(models / "registrations/1").manifest["tuning"]["trials"]
    assert len(tried) == done + 2
    assert done >= 3


def finished(study: Path) -> int:
    """Count the trials that a journal says are complete."""
    if not study.exists():
        return 0
    lines = [line for line in study.read_text("utf-8").splitlines() if line.endswith("}")]
    return sum(json.loads(line).get("state") == 1 for line in lines)
