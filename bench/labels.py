"""What late labels cost, with and without weighing: ``python -m bench.labels``.

Inputs alone, without history. Models are fitted on what was known at a moment, once with plain
labels and once weighed by lateness and source, and judged on every later application, against the
labels as they were known in the end and against the truth.
"""

import json
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np

from bench.country import inputs_alone, times
from riskscore.product.toml import read_product
from training.commands.simulate import simulate_command
from training.datasets import Dataset, Source
from training.judge import judge
from training.pipeline import fitted
from training.read import read_dataset

LATER = 0.3  # share of the applications that come after the fit
PRODUCTS = ("sim_registration", "account_activity")

Figures = dict[str, Any]


@click.command()
@click.option("--seeds", default=3, show_default=True, help="How many countries.")
@click.option("--first", default=31, show_default=True, help="The first seed.")
@click.option("--people", default=100_000, show_default=True)
@click.option("--days", default=400, show_default=True)
@click.option("--crime", default=1.0, show_default=True, help="Times usual.")
def main(seeds: int, first: int, people: int, days: int, crime: float) -> None:
    """Print a JSON line for each fit, and the median of each figure over the countries."""
    found: dict[str, list[Figures]] = {}
    for seed in range(first, first + seeds):
        with tempfile.TemporaryDirectory() as folder:
            country = Path(folder) / "country"
            size = ["--people", people, "--days", days, "--seed", seed, "--crime", crime]
            order = [str(each) for each in ("--out", country, *size)]
            simulate_command.main(order, standalone_mode=False)
            for title, figures in judged(country):
                found.setdefault(title, []).append(figures)
                click.echo(json.dumps({"seed": seed, "fit": title, **figures}))
    for title, several in found.items():
        medians = {name: statistics.median(each[name] for each in several) for name in several[0]}
        click.echo(f"{title}: {json.dumps({k: round(v, 4) for k, v in medians.items()})}")


def judged(country: Path) -> Iterator[tuple[str, Figures]]:
    for name in PRODUCTS:
        product = inputs_alone(read_product(name))
        whole = read_dataset(product, Source(path=country))
        truth = read_dataset(product, Source(path=country, truth=country / "truth.parquet"))
        moment = int(np.quantile(times(whole), 1 - LATER))
        for weighed in (False, True):
            past = read_dataset(product, Source(path=country, as_of=moment, weighed=weighed))
            model = fitted(past, None, seed=0)
            for against, rows in (("labels", whole), ("truth", truth)):
                later = rows.take(np.flatnonzero(times(rows) > moment))
                how = "weighed" if weighed else "plain"
                yield f"{name} {how} against the {against}", summary(judge(model, later), past)


def summary(figures: Figures, past: Dataset) -> Figures:
    return {
        "rows_fitted": len(past),
        "auc": figures["auc"],
        "tpr_at_1": figures["tpr_at_fpr"]["0.01"],
        "log_loss_over_base": figures["log_loss"] / figures["base_rate_log_loss"],
        "review_fpr": figures["thresholds"]["review"]["fpr"],
        "block_fpr": figures["thresholds"]["block"]["fpr"],
        "slope": figures["calibration_slope"],
        "observed_over_expected": figures["observed_positives"] / figures["expected_positives"],
    }


if __name__ == "__main__":
    main()
