"""``riskscore score --dask``: the same file as one machine writes, row for row."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from distributed import Client, LocalCluster

from riskscore.cli import main
from riskscore.decision.portfolio import score_portfolio
from riskscore.decision.portfolio_spread import score_on
from riskscore.errors import ClusterFailed
from riskscore.model.bundle import Bundle
from tests.clusters import two_workers

ROWS = 3_000


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with two_workers() as started:
        yield started


@pytest.fixture
def portfolio(tmp_path: Path) -> Path:
    """Two parts of several row groups, in which every seventh row must be refused."""
    folder = tmp_path / "portfolio"
    folder.mkdir()
    for number in range(2):
        first = number * ROWS
        table = pa.table(
            {
                "reference": [f"r-{first + row}" for row in range(ROWS)],
                "document": [f"TH-{row}" for row in range(ROWS)],
                "sims_on_document": [float(row % 40) + (row % 7 == 0) / 2 for row in range(ROWS)],
                "liveness score": [(row % 100) / 100 for row in range(ROWS)],
                "channel": ["dealer" if row % 2 else "store" for row in range(ROWS)],
                "prepaid": [row % 3 == 0 for row in range(ROWS)],
            }
        )
        pq.write_table(table, folder / f"part-{number}.parquet", row_group_size=700)
    return folder


def score(models: Path, file: Path, out: Path, *more: str) -> Result:
    asked = ["score", "phone_subscription", str(file), "--out", str(out), "--models", str(models)]
    return CliRunner().invoke(main, [*asked, *more])


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_cluster_writes_the_very_file_of_one_machine(
    cluster: LocalCluster, models: Path, portfolio: Path, tmp_path: Path, suffix: str
) -> None:
    one, many = tmp_path / f"one.{suffix}", tmp_path / f"many.{suffix}"

    alone = score(models, portfolio, one)
    spread = score(models, portfolio, many, "--dask", cluster.scheduler_address)

    assert alone.exit_code == spread.exit_code == 0, spread.output
    assert "refused: " in spread.output
    assert rows_of(many) == rows_of(one)
    refused = [each.with_name(f"{each.stem}.refused.csv").read_bytes() for each in (one, many)]
    assert refused[0] == refused[1]
    assert refused[0].count(b"\n") > ROWS / 7


def rows_of(file: Path) -> object:
    return pq.read_table(file).to_pylist() if file.suffix == ".parquet" else file.read_bytes()


def test_a_csv_file_is_refused_with_the_reason(
    cluster: LocalCluster, models: Path, tmp_path: Path
) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("reference,document\nr-1,TH-1\n")

    result = score(models, file, tmp_path / "o.csv", "--dask", cluster.scheduler_address)

    assert result.exit_code == 1
    assert "--dask expects parquet" in result.output
    assert not (tmp_path / "o.csv").exists()


def test_a_worker_with_another_bundle_is_refused(
    cluster: LocalCluster, models: Path, bundle: Bundle, portfolio: Path, tmp_path: Path
) -> None:
    folder, other = models / "phone_subscription" / "1", replace(bundle, sha256="0" * 64)

    with Client(cluster) as client, pytest.raises(ClusterFailed, match="another bundle"):
        list(score_on(client, other, folder, portfolio, tmp_path / "out.csv"))

    assert not (tmp_path / "out.csv").exists()


def test_a_lost_worker_costs_no_row(
    models: Path, bundle: Bundle, portfolio: Path, tmp_path: Path
) -> None:
    folder, one, many = models / "phone_subscription" / "1", tmp_path / "1.csv", tmp_path / "2.csv"
    list(score_portfolio(bundle, portfolio, one))

    with two_workers() as cluster, Client(cluster) as client:
        tallies = score_on(client, bundle, folder, portfolio, many)
        next(tallies)
        os.kill(min(client.run(os.getpid).values()), signal.SIGKILL)
        *_, last = tallies

    assert last.rows == 2 * ROWS
    assert many.read_bytes() == one.read_bytes()


def test_decisions_are_not_recorded_by_a_cluster(models: Path, tmp_path: Path) -> None:
    result = score(models, tmp_path, tmp_path / "o.csv", "--dask", "local:2", "--record")

    assert result.exit_code == 2
    assert "not with --dask" in result.output
