"""Fits whose rows are kept on disk: the same bundle, and nothing left behind."""

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskscore.model.bundle import load_bundle
from tests.history.deliveries import deliveries
from tests.history.files import write_events
from tests.history.products import HERE
from tests.training.conftest import Run
from training import stored
from training.stored import Writing, folder_of, in_blocks, taken


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "BLOCK", 300)


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that temporary files go to."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def manifest(models: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((models / "registrations/1/manifest.json").read_text())
    return {name: each for name, each in found.items() if name not in {"created", "seal"}}


@pytest.fixture(params=["in order of time", "in no order"])
def table(request: pytest.FixtureRequest, dated: pd.DataFrame, tmp_path: Path) -> Path:
    path = tmp_path / "rows.parquet"
    ordered = request.param == "in order of time"
    (dated if ordered else dated.sample(frac=1, random_state=1)).to_parquet(path)
    return path


def test_rows_on_disk_give_the_same_model(
    table: Path, toml: Path, run: Run, tmp_path: Path, scratch: Path
) -> None:
    run("fit", toml, table, "--out", tmp_path / "memory")
    run("fit", toml, table, "--out", tmp_path / "disk", "--external-memory")

    inside, outside = manifest(tmp_path / "memory"), manifest(tmp_path / "disk")
    assert outside["data"] == inside["data"]
    assert outside["rows_seen"] == inside["rows_seen"]
    assert outside["metrics"]["auc"] == pytest.approx(inside["metrics"]["auc"], abs=0.002)
    assert outside["metrics"]["auc"] > 0.85
    assert outside["thresholds"] == pytest.approx(inside["thresholds"], rel=0.02)
    assert not list(scratch.iterdir())


def test_a_csv_file_and_a_holdout_go_by_disk_too(
    dated: pd.DataFrame, toml: Path, run: Run, tmp_path: Path, scratch: Path
) -> None:
    dated.to_csv(tmp_path / "rows.csv", index=False)
    later = tmp_path / "later.csv"

    run(
        *("fit", toml, tmp_path / "rows.csv", "--out", tmp_path / "models", "--external-memory"),
        *("--holdout", "0.2", "--holdout-out", later),
    )

    assert manifest(tmp_path / "models")["data"]["rows"] == 1_600
    assert len(pd.read_csv(later)) == 400
    load_bundle(tmp_path / "models/registrations/1")
    assert not list(scratch.iterdir())


def test_an_event_folder_is_refused_with_what_to_do(
    run: Run, tmp_path: Path, scratch: Path
) -> None:
    events = write_events(tmp_path / "events", *deliveries())

    result = run(
        *("fit", HERE / "parcel.toml", events, "--out", tmp_path / "m", "--external-memory"),
        expect=1,
    )

    assert "labelled table first" in result.stderr
    assert not (tmp_path / "m").exists()
    assert not list(scratch.iterdir())


def test_a_full_disk_is_said_in_one_line_and_leaves_nothing(
    dated: pd.DataFrame, toml: Path, tmp_path: Path
) -> None:
    path = tmp_path / "rows.parquet"
    dated.to_parquet(path)
    (tmp_path / "scratch").mkdir()
    words = ["fit", toml, path, "--out", tmp_path / "models", "--external-memory"]

    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-m", "training", *map(str, words)],
        check=False,
        capture_output=True,
        text=True,
        env={"TMPDIR": str(tmp_path / "scratch"), "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000)),
    )

    assert done.returncode == 1
    assert "rows cannot be kept on disk: File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "scratch").iterdir())


def test_rows_taken_from_disk_are_those_asked_for(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).random((1_000, 3)).astype(np.float32)
    writing = Writing(tmp_path)
    writing.append(rows[:400])
    writing.append(rows[400:])
    kept = writing.finished()

    for places in (np.arange(100, 900), np.arange(3, 1_000, 7), np.array([5, 2, 9])):
        some = taken(kept, places)
        assert folder_of(some) == tmp_path
        np.testing.assert_array_equal(some, rows[places])
        np.testing.assert_array_equal(np.concatenate(list(in_blocks(some))), rows[places])
    assert folder_of(rows) is None
