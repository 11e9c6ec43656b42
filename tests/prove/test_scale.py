"""What a fit costs at full size: beside its trees, past memory, and on two workers."""

import statistics
from pathlib import Path

import pytest

from bench.scale import BARE, FEW, GIB, Fits, declared, measured, ours, write

ROWS, COLUMNS = 1_000_000, 50
MANY = 10_000_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scale")


@pytest.fixture(scope="module")
def rows(folder: Path) -> Path:
    return write(folder / "rows.parquet", ROWS, COLUMNS)


def test_a_fit_costs_little_more_than_its_trees(folder: Path, rows: Path) -> None:
    """In processor time, because others may use the machine, too."""
    fits = Fits(folder, declared(folder, COLUMNS, trees=100))
    libraries = ours(fits, write(folder / "few.parquet", FEW, COLUMNS))["peak"]

    pairs = [(ours(fits, rows), measured(BARE, rows, fits.product)) for _ in range(3)]

    ratios = [fit["processor"] / bare["processor"] for fit, bare in pairs]
    assert statistics.median(ratios) < 1.5
    array = ROWS * COLUMNS * 4
    assert max(fit["peak"] for fit, _ in pairs) - libraries < 2.5 * array


def test_two_workers_reach_what_one_machine_does(folder: Path, rows: Path) -> None:
    fits = Fits(folder, declared(folder, COLUMNS, trees=100))

    one, two = ours(fits, rows), ours(fits, rows, dask="local:2")

    assert two["auc"] == pytest.approx(one["auc"], abs=0.003)
    assert two["log_loss"] == pytest.approx(one["log_loss"], rel=0.01)


def test_ten_million_rows_stay_below_four_gib(folder: Path, rows: Path) -> None:
    fits = Fits(folder, declared(folder, COLUMNS, trees=20))
    rows.unlink()

    fit = ours(fits, write(folder / "many.parquet", MANY, COLUMNS), external_memory=True)

    assert fit["peak"] < 4 * GIB
    assert fit["auc"] > 0.75
