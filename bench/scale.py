"""What a fit costs beside the trees, past memory and past one machine: ``python -m bench.scale``.

Rows are of float columns, 5 % missing, and a label that a third of the columns move. Every fit runs
in a process of its own; its peak of memory is the kernel's own figure, without that of workers that
it starts. What a fit of ten thousand rows holds, which is libraries, is told apart.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.portfolio import BLOCK, COLUMN, matrix_of

FEW = 10_000  # rows of the fit that says what libraries hold
GIB = 1024**3
BEGUN = 1_700_000_000_000_000  # microseconds UTC; rows are ten seconds apart
APART = 10_000_000
BARE = """
import json, sys, time
import numpy as np, pyarrow.parquet as pq, xgboost as xgb
from riskscore.product.toml import read_product
from training.fit import constraints
table = pq.read_table(sys.argv[1])
rows = np.column_stack([table[name].to_numpy() for name in table.column_names[2:]])
labels = table["label"].to_numpy()
del table
product = read_product(sys.argv[2])
recipe = product.recipe
fit, stop = (round(len(rows) * share) for share in (0.6, 0.7))
given = {
    "objective": "binary:logistic", "eval_metric": "logloss", "tree_method": "hist",
    "base_score": float(labels[:fit].mean()), "eta": recipe.eta, "max_depth": recipe.depth,
    "min_child_weight": recipe.min_child_weight, "subsample": recipe.subsample,
    "colsample_bytree": recipe.colsample, "reg_lambda": recipe.l2, "gamma": recipe.gamma,
    "max_bin": recipe.bins, "monotone_constraints": constraints(product), "seed": 0,
}
begun, busy = time.monotonic(), time.process_time()
grown = xgb.QuantileDMatrix(rows[:fit], labels[:fit], max_bin=recipe.bins)
later = xgb.QuantileDMatrix(rows[fit:stop], labels[fit:stop], max_bin=recipe.bins, ref=grown)
booster = xgb.train(
    given, grown, recipe.rounds, evals=[(later, "stop")], verbose_eval=False,
    early_stopping_rounds=recipe.patience,
)
seconds, processor = time.monotonic() - begun, time.process_time() - busy
trees = booster.best_iteration + 1
print(json.dumps({"seconds": seconds, "processor": processor, "trees": trees}))
"""
FIT = """
import json, sys, time
from pathlib import Path
from riskscore.product.toml import read_product
from training.datasets import Source
from training.pipeline import Order, fit

if __name__ == "__main__":
    rows, product, models, more = sys.argv[1:]
    begun, busy = time.monotonic(), time.process_time()
    order = Order(models=Path(models), **json.loads(more))
    made = fit(read_product(product), Source(path=Path(rows)), order)
    seconds, processor = time.monotonic() - begun, time.process_time() - busy
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(each.split()[1]) for each in lines if each.startswith("VmHWM")) * 1024
    manifest = json.loads((made / "manifest.json").read_text())
    figures = {name: manifest["metrics"][name] for name in ("auc", "log_loss")}
    figures["trees"] = manifest["rounds"]
    print(json.dumps({"seconds": seconds, "processor": processor, "peak": peak, **figures}))
"""


class Fits(NamedTuple):
    """Where fits find and leave their files."""

    work: Path
    product: Path


@click.command()
@click.option("--rows", default=1_000_000, show_default=True)
@click.option("--columns", default=50, show_default=True)
@click.option("--trees", default=200, show_default=True, help="At most.")
@click.option("--rounds", default=3, show_default=True, help="Of both, side by side.")
@click.option("--external", default=10_000_000, show_default=True, help="Rows; 0 leaves it out.")
@click.option("--workers", default=2, show_default=True, help="Of Dask; 0 leaves it out.")
def main(  # noqa: PLR0913, PLR0917 - click passes every option
    rows: int, columns: int, trees: int, rounds: int, external: int, workers: int
) -> None:
    """Print what each fit took, held at most, and reached on its test slice."""
    with tempfile.TemporaryDirectory(prefix="riskscore-bench-") as name:
        fits = Fits(Path(name), declared(Path(name), columns, trees))
        few = write(fits.work / "few.parquet", FEW, columns)
        libraries = ours(fits, few)["peak"]
        file = write(fits.work / "rows.parquet", rows, columns)
        for _ in range(rounds):
            compare(fits, file, rows * columns * 4, libraries)
        told("with rows on disk", ours(fits, file, external_memory=True))
        if workers:
            told(f"by {workers} Dask workers", ours(fits, file, dask=f"local:{workers}"))
        if external:
            file = write(fits.work / "rows.parquet", external, columns)
            told(f"{external:,} rows on disk", ours(fits, file, external_memory=True))


def declared(folder: Path, columns: int, trees: int) -> Path:
    """Declare a product of number columns, and a recipe of so many trees."""
    path = folder / "reference.toml"
    head = 'product = "reference"\ntitle = "Reference"\nversion = 1\n'
    features = "".join(COLUMN.format(place=place) for place in range(columns))
    path.write_text(f"{head}{features}\n[training]\nrounds = {trees}\n")
    return path


def write(path: Path, rows: int, columns: int) -> Path:
    """Write labelled rows in order of time, block by block, compressed as other programs do."""
    rng = np.random.default_rng(1)
    weights = rng.normal(size=columns) * (rng.random(columns) < 1 / 3)
    weights /= np.linalg.norm(weights)
    time_of = pa.timestamp("us", tz="UTC")
    fields = [pa.field("occurred_at", time_of), pa.field("label", pa.int8())]
    fields += [pa.field(f"f{place}", pa.float32()) for place in range(columns)]
    with pq.ParquetWriter(path, pa.schema(fields), compression="zstd") as file:
        for start in range(0, rows, BLOCK):
            matrix = matrix_of(rng, min(BLOCK, rows - start), columns)
            known = np.nan_to_num(matrix)
            risk = 1.5 * (known @ weights + known[:, 0] * known[:, 1] / 2) - 4
            labels = (rng.random(len(risk)) < 1 / (1 + np.exp(-risk))).astype(np.int8)
            times = BEGUN + np.arange(start, start + len(risk)) * APART
            arrays = [pa.array(times, time_of), pa.array(labels)]
            arrays += [pa.array(each, from_pandas=True) for each in matrix.T]
            file.write_table(pa.table(arrays, schema=pa.schema(fields)))
    return path


def compare(fits: Fits, file: Path, array: int, libraries: int) -> None:
    """Time XGBoost alone on an array in memory and our fit from the file, one after the other."""
    bare, fit = measured(BARE, file, fits.product), ours(fits, file)
    click.echo(
        f"fit {fit['seconds']:.1f} s, {fit['processor']:.1f} s of processor time, "
        f"{fit['trees']} trees; xgb.train {bare['seconds']:.1f} s, {bare['processor']:.1f} s, "
        f"{bare['trees']} trees: "
        f"{fit['seconds'] / bare['seconds']:.2f} times, in processor time "
        f"{fit['processor'] / bare['processor']:.2f} times; at most {fit['peak'] / GIB:.2f} GiB, "
        f"of which libraries {libraries / GIB:.2f}: the rest is "
        f"{(fit['peak'] - libraries) / array:.2f} times the array; AUC {fit['auc']:.4f}, "
        f"log loss {fit['log_loss']:.4f}"
    )


def ours(fits: Fits, file: Path, **more: Any) -> dict[str, Any]:
    """Fit from a file to a bundle."""
    begun = time.monotonic_ns()
    return measured(FIT, file, fits.product, fits.work / f"models-{begun}", json.dumps(more))


def measured(program: str, *words: object) -> dict[str, Any]:
    """Run a program of ours, and read the figures that it prints last."""
    script = Path(str(words[1])).with_name("measured.py")  # a file, so that workers can import it
    script.write_text(program)
    run = subprocess.run(
        [sys.executable, str(script), *map(str, words)],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    figures: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return figures


def told(what: str, fit: dict[str, Any]) -> None:
    click.echo(
        f"{what}: {fit['seconds']:.1f} s, at most {fit['peak'] / GIB:.2f} GiB, "
        f"AUC {fit['auc']:.4f}, log loss {fit['log_loss']:.4f}"
    )


if __name__ == "__main__":
    main()
