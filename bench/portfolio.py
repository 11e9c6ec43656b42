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
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import click
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xgboost as xgb

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
import resource, sys, time
from pathlib import Path
from riskscore import portfolio
folder, file, out, reasons = sys.argv[1:]
begun = time.monotonic()
portfolio.score(Path(folder), Path(file), Path(out), reasons=bool(reasons), language="en")
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
print(f"{time.monotonic() - begun:.1f} s, {peak:.2f} GiB at most")
"""


@click.command()
@click.option("--rows", default=2_000_000, show_default=True)
@click.option("--columns", default=50, show_default=True)
@click.option("--rounds", default=5, show_default=True)
@click.option("--peak", default=5_000_000, show_default=True, help="Rows; 0 to leave it out.")
@click.option("--reasons", default=20_000, show_default=True, help="Rows; 0 to leave it out.")
def main(rows: int, columns: int, rounds: int, peak: int, reasons: int) -> None:
    """Print the ratio of each round and their median; then the peak of memory of a longer file."""
    with tempfile.TemporaryDirectory() as name:
        folder, work = Path(name) / "models", Path(name)
        product = declared(work, columns)
        publish(folder, fitted(product))
        models = folder / product.name
        file = write(work / "rows.parquet", rows, columns)
        ratios = []
        for each in range(rounds):
            raw, ours = raw_seconds(models, file), seconds(models, file, work / "out.parquet")
            ratios.append(ours / raw)
            click.echo(
                f"round {each + 1}: command {ours:.2f} s, inplace_predict {raw:.2f} s, "
                f"ratio {ratios[-1]:.2f}"
            )
        click.echo(
            f"{rows:,} rows, {columns} columns, {os.cpu_count()} threads: "
            f"median ratio {statistics.median(ratios):.2f}, worst {max(ratios):.2f}"
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


def raw_seconds(models: Path, file: Path) -> float:
    """Time XGBoost alone on every core, rows and model in memory."""
    booster = xgb.Booster({"nthread": os.cpu_count() or 1}, model_file=models / "1" / MODEL)
    table = pq.read_table(file)
    matrix = np.column_stack([table[name].to_numpy() for name in table.column_names[1:]])
    begun = time.monotonic()
    booster.inplace_predict(matrix, validate_features=False)
    return time.monotonic() - begun


def seconds(models: Path, file: Path, out: Path) -> float:
    begun = time.monotonic()
    with redirect_stdout(StringIO()):
        portfolio.score(models, file, out, reasons=False, language="en")
    return time.monotonic() - begun


def alone(models: Path, file: Path, work: Path, reasons: str) -> str:
    """Score in a process of its own, and say how long it took and what it held at most."""
    words = [str(models), str(file), str(work / "out.parquet"), reasons]
    run = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", COMMAND, *words], check=True, stdout=subprocess.PIPE, text=True
    )
    return run.stdout.splitlines()[-1]


if __name__ == "__main__":
    main()
