"""Fit on a simulated country's past and judge on its later weeks: ``python -m bench.country``.

Inputs alone, without history. For each seed a country is simulated, models are fitted on what was
known at a moment, and every application after that moment is scored. Each figure is given twice:
against the labels, as they were known at the end, and against the truth, which only a simulation
has.
"""

import json
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np

from riskscore.product.spec import Product
from riskscore.product.toml import built_in, read_product
from training.commands.simulate import simulate_command
from training.datasets import Dataset, Source
from training.judge import judge
from training.pipeline import fitted
from training.read import read_dataset
from training.without import without

LATER = 0.25  # share of the applications that come after the fit
ENOUGH = 100  # frauds in a score band, to say something about it

Figures = dict[str, Any]


@click.command()
@click.option("--seeds", default=5, show_default=True, help="How many countries.")
@click.option("--first", default=11, show_default=True, help="The first seed.")
@click.option("--people", default=150_000, show_default=True)
@click.option("--days", default=540, show_default=True)
def main(seeds: int, first: int, people: int, days: int) -> None:
    """Print median and worst of several simulated countries, and all of it as JSON lines."""
    found: dict[str, list[Figures]] = {}
    for seed in range(first, first + seeds):
        with tempfile.TemporaryDirectory() as folder:
            country = Path(folder) / "country"
            order = ["--out", country, "--people", people, "--days", days, "--seed", seed]
            simulate_command.main([str(each) for each in order], standalone_mode=False)
            for product, against, figures in judged(country):
                found.setdefault(f"{product} against the {against}", []).append(figures)
                line = {"seed": seed, "product": product, "against": against, **figures}
                click.echo(json.dumps(line))
    for title, figures_of_seeds in found.items():
        show(title, figures_of_seeds)


def judged(country: Path) -> Iterator[tuple[str, str, Figures]]:
    """Fit every product on the past, and judge it on what came later."""
    for name in built_in():
        product = inputs_alone(read_product(name))
        whole = read_dataset(product, Source(path=country))
        truth = read_dataset(product, Source(path=country, truth=country / "truth.parquet"))
        moment = int(np.quantile(times(whole), 1 - LATER))
        past = read_dataset(product, Source(path=country, as_of=moment))
        model = fitted(past, None, seed=0)
        for against, dataset in (("labels", whole), ("truth", truth)):
            later = dataset.take(np.flatnonzero(times(dataset) > moment))
            yield name, against, summary(judge(model, later))


def inputs_alone(product: Product) -> Product:
    """Leave out history, and what is derived from it; ``bench.history`` is about that."""
    return without(product, [each.name for each in product.history])


def times(dataset: Dataset) -> np.ndarray:
    if dataset.times is None:
        raise ValueError("a simulated country has times")
    return dataset.times


def summary(figures: Figures) -> Figures:
    """Keep the figures that the README speaks of, by one flat name each."""
    bands = {
        f"observed over expected {band['from']}-{band['to']}": band["observed_over_expected"]
        for band in figures["bands"]
        if band["observed"] >= ENOUGH
    }
    return {
        "rows": figures["rows"],
        "frauds": figures["positives"],
        "AUC": figures["auc"],
        **{f"TPR at FPR {rate}": tpr for rate, tpr in figures["tpr_at_fpr"].items()},
        "log loss over base rate's": figures["log_loss"] / figures["base_rate_log_loss"],
        "calibration slope": figures["calibration_slope"],
        "observed over expected": figures["observed_positives"] / figures["expected_positives"],
        "FPR asked 0.05": figures["thresholds"]["review"]["fpr"],
        "FPR asked 0.005": figures["thresholds"]["block"]["fpr"],
        **bands,
    }


def show(title: str, seeds: list[Figures]) -> None:
    """Print median, least and most of each figure over the seeds that have it."""
    click.echo(f"\n{title}\n{'':<36}{'median':>10}{'least':>10}{'most':>10}{'seeds':>7}")
    for name in dict.fromkeys(name for each in seeds for name in each):
        values = [each[name] for each in seeds if each.get(name) is not None]
        cells = (statistics.median(values), min(values), max(values))
        click.echo(
            f"{name:<36}" + "".join(f"{each:>10.4g}" for each in cells) + f"{len(values):>7}"
        )


if __name__ == "__main__":
    main()
