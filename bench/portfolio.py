"""What a portfolio costs beside the model: ``python -m bench.portfolio``.

A parquet file of float columns, 5 % of them missing, is scored without reasons into another, by a
model of 400 trees of depth 6. Beside it, in the same round, XGBoost's own ``inplace_predict``
scores the same rows on as many threads, from an array in memory into another.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import click
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xgboost as xgb

from bench.table import Line, over_rounds, save
from riskscore import portfolio
from riskscore.model.bundle import MODEL
from riskscore.model.calibration import Calibration
from riskscore.model.publish import Fitted, publish
from riskscore.model.scale import Scale, Thresholds, block_score_at
from riskscore.model.trees import Trees
from riskscore.product.encode import Matrix
from riskscore.product.spec import Product
from riskscore.product.toml import read_product

TREES, DEPTH, MISSING = 400, 6, 0.05
FITTED_ON = 50_000  # rows
BLOCK = 250_000  # rows made at a time
COLUMN = """
[[feature]]
name = "f{place}"
kind = "number"
low = -10.0
high = 10.0
missing = true
code = "F{place}"
"""
COMMAND = """
import sys, time
from pathlib import Path
from riskscore import portfolio
folder, file, out, reasons = sys.argv[1:]
begun = time.monotonic()
portfolio.score(Path(folder), Path(file), Path(out), reasons=bool(reasons), language="en")
lines = Path("/proc/self/status").read_text().splitlines()
peak = next(int(each.split()[1]) for each in lines if each.startswith("VmHWM")) / 1024**2
print(f"{time.monotonic() - begun:.1f} s, {peak:.2f} GiB at most")
"""


@click.command()
@click.option("--rows", default=2_000_000, show_default=True)
@click.option("--columns", default=50, show_default=True)
@click.option("--rounds", default=5, show_default=True)
@click.option("--peak", default=5_000_000, show_default=True, help="Rows; 0 to leave it out.")
@click.option("--reasons", default=20_000, show_default=True, help="Rows; 0 to leave it out.")
def main(rows: int, columns: int, rounds: int, peak: int, reasons: int) -> None:
    """Print what each round took, and the ratios; then the peak of memory of a longer file."""
    with tempfile.TemporaryDirectory() as name:
        folder, work = Path(name) / "models", Path(name)
        product = declared(work, columns)
        publish(folder, fitted(product))
        models = folder / product.name
        file = write(work / "rows.parquet", rows, columns)
        spent = [beside(models, file, work / "out.parquet") for _ in range(rounds)]
        wall, busy = ([each[place] for each in spent] for place in (0, 1))
        save("portfolio", lines(wall, busy))
        click.echo(
            f"{rows:,} rows, {columns} columns, {os.cpu_count()} threads: {spread(wall)} times "
            f"inplace_predict; in processor time {spread(busy)} times"
        )
        file.unlink()
        for asked, flag, words in ((peak, "", "without reasons"), (reasons, "1", "with reasons")):
            if asked:
                file = write(work / "rows.parquet", asked, columns)
                click.echo(f"{asked:,} rows {words}: {alone(models, file, work, flag)}")


def declared(folder: Path, columns: int) -> Product:
    path = folder / "reference.toml"
    head = 'product = "reference"\ntitle = "Reference"\nversion = 1\n'
    path.write_text(head + "".join(COLUMN.format(place=place) for place in range(columns)))
    return read_product(path)


def fitted(product: Product) -> Fitted:
    """Fit the reference model to rows of which a third of the columns matter."""
    rng = np.random.default_rng(1)
    matrix = matrix_of(rng, FITTED_ON, len(product.columns))
    weights = rng.normal(size=matrix.shape[1]) * (rng.random(matrix.shape[1]) < 1 / 3)
    risk = np.nan_to_num(matrix) @ weights + np.nan_to_num(matrix[:, 0] * matrix[:, 1])
    labels = risk + rng.normal(size=len(risk)) > np.quantile(risk, 0.9)
    recipe = {"objective": "binary:logistic", "max_depth": DEPTH, "eta": 0.05}
    booster = xgb.train(recipe, xgb.DMatrix(matrix, label=labels), num_boost_round=TREES)
    calibration = Calibration(margins=(-5.0, 5.0), log_odds=(-5.0, 5.0), rows=FITTED_ON)
    scale = Scale(review_odds=0.1)
    block = block_score_at(1.0, calibration, scale)
    return Fitted(
        product=product,
        trees=Trees(booster),
        calibration=calibration,
        scale=scale,
        thresholds=Thresholds(review_margin=-1.0, block_margin=1.0, block_score=block),
        importance=np.abs(weights) + 0.1,
        record={"created": "2026-11-25T00:00:00Z"},
    )


def matrix_of(rng: np.random.Generator, rows: int, columns: int) -> Matrix:
    matrix = rng.standard_normal((rows, columns), np.float32).clip(-9, 9)
    matrix[rng.random(matrix.shape, np.float32) < MISSING] = np.nan
    return matrix


def write(path: Path, rows: int, columns: int) -> Path:
    """Write rows with a reference each, as another program would: zstd, null where missing."""
    names = [f"f{place}" for place in range(columns)]
    fields = [pa.field("reference", pa.string()), *(pa.field(each, pa.float32()) for each in names)]
    with pq.ParquetWriter(path, pa.schema(fields), compression="zstd") as file:
        for number, block in enumerate(blocks(rows, columns)):
            first = number * BLOCK
            arrays = [pa.array(range(first, first + len(block))).cast(pa.string())]
            arrays += [pa.array(each, from_pandas=True) for each in block.T]
            file.write_table(pa.table(arrays, schema=pa.schema(fields)))
    return path


def blocks(rows: int, columns: int) -> Iterator[Matrix]:
    rng = np.random.default_rng(2)
    for start in range(0, rows, BLOCK):
        yield matrix_of(rng, min(BLOCK, rows - start), columns)


def beside(models: Path, file: Path, out: Path) -> tuple[float, float]:
    """Time the command and XGBoost alone; returns the ratios of seconds and of processor time.

    On a machine that others use too, the second says more.
    """
    raw = alone_in_memory(models, file)
    ours = timed(lambda: quietly(models, file, out))
    click.echo(
        f"command {ours[0]:.2f} s, {ours[1]:.2f} s of processor time; "
        f"inplace_predict {raw[0]:.2f} s, {raw[1]:.2f} s"
    )
    return ours[0] / raw[0], ours[1] / raw[1]


def alone_in_memory(models: Path, file: Path) -> tuple[float, float]:
    booster = xgb.Booster({"nthread": os.cpu_count() or 1}, model_file=models / "1" / MODEL)
    table = pq.read_table(file)
    matrix = np.column_stack([table[name].to_numpy() for name in table.column_names[1:]])
    return timed(lambda: booster.inplace_predict(matrix, validate_features=False))


def lines(wall: list[float], busy: list[float]) -> list[Line]:
    what, command = "portfolio without reasons / raw inplace_predict", "python -m bench.portfolio"
    asked = {"least": 2.0, "aim": 1.3, "falling": True}
    return [
        over_rounds(wall, what=f"{what}: time", unit="x", command=command, **asked),
        over_rounds(busy, what=f"{what}: processor time", unit="x", command=command, falling=True),
    ]


def spread(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def timed(act: Callable[[], object]) -> tuple[float, float]:
    begun, busy = time.monotonic(), time.process_time()
    act()
    return time.monotonic() - begun, time.process_time() - busy


def quietly(models: Path, file: Path, out: Path) -> None:
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        portfolio.score(models, file, out, reasons=False, language="en")


def alone(models: Path, file: Path, work: Path, reasons: str) -> str:
    """Score in a process of its own, and say how long it took and what it held at most."""
    words = [str(models), str(file), str(work / "out.parquet"), reasons]
    run = subprocess.run(
        [sys.executable, "-c", COMMAND, *words], check=True, stdout=subprocess.PIPE, text=True
    )
    return run.stdout.splitlines()[-1]


if __name__ == "__main__":
    main()
