"""Trees grown on a Dask cluster: the same bundle, and one clear line when something is lost."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xgboost as xgb
from distributed import Client, LocalCluster

from riskscore.errors import ClusterFailed
from riskscore.model.bundle import load_bundle
from riskscore.product.recipe import Recipe
from riskscore.product.spec import Product
from tests.clusters import two_workers
from tests.training.conftest import Run
from training.cluster import grow_on
from training.datasets import Source
from training.read import read_dataset
from training.splits import split

NOBODY = "tcp://127.0.0.1:9"


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with two_workers() as started:
        yield started


@pytest.fixture
def parquet(dated: pd.DataFrame, tmp_path: Path) -> Path:
    path = tmp_path / "rows.parquet"
    dated.to_parquet(path)
    return path


def manifest(models: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((models / "registrations/1/manifest.json").read_text())
    return found


def test_a_cluster_grows_a_model_as_good_as_one_machine(
    cluster: LocalCluster, parquet: Path, toml: Path, run: Run, tmp_path: Path
) -> None:
    run("fit", toml, parquet, "--out", tmp_path / "one")

    run("fit", toml, parquet, "--out", tmp_path / "many", "--dask", cluster.scheduler_address)

    one, many = manifest(tmp_path / "one"), manifest(tmp_path / "many")
    assert many["data"] == one["data"]
    assert many["rows_seen"] == one["rows_seen"]
    assert many.keys() == one.keys()
    assert many["metrics"]["auc"] == pytest.approx(one["metrics"]["auc"], abs=0.02)
    assert many["metrics"]["log_loss"] == pytest.approx(one["metrics"]["log_loss"], rel=0.1)
    load_bundle(tmp_path / "many/registrations/1")


def test_every_worker_gets_rows_and_history_stays_hidden_with_rows_on_disk(
    cluster: LocalCluster, parquet: Path, toml: Path, run: Run, tmp_path: Path
) -> None:
    asked = ("--dask", cluster.scheduler_address, "--external-memory")

    run("fit", toml, parquet, "--out", tmp_path / "models", *asked)

    assert manifest(tmp_path / "models")["metrics"]["auc"] > 0.85


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a scheduler only shortly."""
    monkeypatch.setattr("riskscore.cluster.PATIENCE", 1)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("scheduler", "said"),
    [
        (NOBODY, "no scheduler answers there"),
        ("somewhere", "expected tcp://HOST:PORT, local, or local:N"),
        ("local:0", "expected tcp://HOST:PORT, local, or local:N"),
    ],
)
def test_a_scheduler_that_is_not_there_is_said_in_one_line(
    parquet: Path, toml: Path, run: Run, scheduler: str, said: str
) -> None:
    models = parquet.parent / "models"

    result = run("fit", toml, parquet, "--out", models, "--dask", scheduler, expect=1)

    assert said in result.stderr
    assert not models.exists()


def test_without_the_extra_the_command_says_what_to_install(
    parquet: Path, toml: Path, tmp_path: Path
) -> None:
    words = ["fit", str(toml), str(parquet), "--out", str(tmp_path / "m"), "--dask", "local"]
    missing = (
        f"import sys; sys.modules['distributed'] = None; sys.argv[1:] = {words!r}; "
        "from training.cli import main; main()"
    )

    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", missing], check=False, capture_output=True, text=True
    )

    assert done.returncode == 1
    assert "--dask needs dask and distributed" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(
    xgb.__version__ >= "3.4", reason="xgboost's own tracker may abort this process at the loss"
)
def test_a_lost_worker_ends_the_fit_soon_and_says_so(parquet: Path, registrations: Product) -> None:
    endless = replace(registrations, recipe=Recipe(rounds=100_000, patience=100_000))
    dataset = read_dataset(endless, Source(path=parquet))
    parts = split(dataset, seed=0)
    with two_workers() as cluster, Client(cluster) as client, ThreadPoolExecutor(1) as thread:
        growing = thread.submit(grow_on, client, dataset, parts.fit, parts.stop, seed=0)
        time.sleep(3)
        assert not growing.done()

        os.kill(min(client.run(os.getpid).values()), signal.SIGKILL)

        with pytest.raises(ClusterFailed, match="while trees grew"):
            growing.result(timeout=30)
