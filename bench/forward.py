"""What labels cost and whether thresholds hold, walking forward: ``python -m bench.forward``.

Inputs alone, without history; drift is on as the simulator has it. In each country a model is
fitted three times on what was known by then, in every way of treating labels, and judged on the
truth of the months until the next fit (the last: until the end). Bands count from each model's own
review score. Nothing here goes back into a fit. Prints a table and writes build/bench/forward.csv.
"""

import csv
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd

from bench.country import inputs_alone, times
from bench.places import BUILD
from riskscore.model.scale import HIGHEST, REVIEW
from riskscore.product.spec import Product
from riskscore.product.toml import built_in, read_product
from training.asked import Asked
from training.bootstrap import DAY
from training.commands.simulate import simulate_command
from training.datasets import Dataset, Source
from training.errors import OptionInvalid, TooFewRows
from training.judge import answers
from training.metrics import calibration_slope, tpr_at_fpr
from training.pipeline import fitted
from training.read import read_dataset
from training.shares import share_interval

MOMENTS = (0.5, 0.65, 0.8)  # shares of the period after which a model is fitted
MONTH = 30 * DAY
BAND = 50
ENOUGH = 100  # frauds in a band, pooled over countries, to say something about it
WITHIN = {"fpr 5%": 0.005, "fpr 1%": 0.002}
ASKED = {"fpr 5%": 0.05, "fpr 1%": 0.01}
SURE = 0.9  # that new rows stay within the asked rates, if nothing changed
WAYS: Mapping[str, tuple[dict[str, Any], Asked]] = {
    "plain": ({}, Asked()),
    "plain, sure": ({}, Asked(confidence=SURE)),
    "plain, latest": ({}, Asked(latest=True)),
    "weighed": ({"weighed": True}, Asked()),
    "pu": ({"unlabelled": "pu"}, Asked()),
    "pu, latest": ({"unlabelled": "pu"}, Asked(latest=True)),
    "pu, latest, sure": ({"unlabelled": "pu"}, Asked(latest=True, confidence=SURE)),
    "propensity": ({"unlabelled": "propensity"}, Asked()),
    "the truth": ({}, Asked()),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure of one fit; ``low`` and ``high`` are of the figure, where it has an interval."""

    crime: float
    seed: int
    product: str
    fit: int
    way: str
    what: str
    figure: float
    low: float = float("nan")
    high: float = float("nan")
    frauds: float = float("nan")
    expected: float = float("nan")


@click.command()
@click.option("--seeds", default=1, show_default=True, help="How many countries of each crime.")
@click.option("--first", default=61, show_default=True, help="The first seed.")
@click.option("--people", default=40_000, show_default=True)
@click.option("--days", default=500, show_default=True)
@click.option("--crime", "crimes", multiple=True, default=(0.5, 1.0, 2.0), show_default=True)
@click.option("--product", "names", multiple=True, default=built_in(), show_default=True)
@click.option("--way", "ways", multiple=True, type=click.Choice(list(WAYS)), default=list(WAYS))
def main(  # noqa: PLR0913 - click passes every option
    *,
    seeds: int,
    first: int,
    people: int,
    days: int,
    crimes: tuple[float, ...],
    names: tuple[str, ...],
    ways: tuple[str, ...],
) -> None:
    """Walk forward through countries, and print what each way of treating labels reaches."""
    found: list[Figure] = []
    numbers = iter(range(first, first + seeds * len(crimes)))
    worlds = [(crime, next(numbers)) for _ in range(seeds) for crime in crimes]
    for crime, seed in worlds:
        with tempfile.TemporaryDirectory() as folder:
            country = Path(folder) / "country"
            size = ["--people", people, "--days", days, "--seed", seed, "--crime", crime]
            order = [str(each) for each in ("--out", country, *size)]
            simulate_command.main(order, standalone_mode=False)
            for name in names:
                each_way = walked(country, inputs_alone(read_product(name)), ways)
                found += [Figure(crime=crime, seed=seed, product=name, **each) for each in each_way]
        write(found)
    show(pd.DataFrame([asdict(each) for each in found]))


def walked(country: Path, product: Product, ways: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Fit at three moments in each of these ways, and judge each on the months until the next."""
    truth = read_dataset(product, Source(path=country, truth=country / "truth.parquet"))
    begun, ended = int(times(truth).min()), int(times(truth).max()) + 1
    moments = [begun + int(share * (ended - begun)) for share in MOMENTS] + [ended]
    for fit, (moment, until) in enumerate(pairwise(moments), 1):
        after = (times(truth) > moment) & (times(truth) <= until)
        later = truth.take(np.flatnonzero(after))
        for way in ways:
            how, asked = WAYS[way]
            try:
                past = _past(country, truth, way=way, how=how, moment=moment)
                model = fitted(past, None, seed=0, asked=asked)
            except (TooFewRows, OptionInvalid) as error:
                click.echo(f"{product.name}, {way}: no fit: {error}", err=True)
                continue
            for each in judged(model, later, moment):
                yield {"fit": fit, "way": way, **each}


def _past(country: Path, truth: Dataset, *, way: str, how: dict[str, Any], moment: int) -> Dataset:
    recipe = replace(truth.product.recipe, block_fpr=ASKED["fpr 1%"])
    asking = replace(truth.product, recipe=recipe)
    if way == "the truth":
        past = truth.take(np.flatnonzero(times(truth) <= moment))
        return replace(past, product=asking)
    return read_dataset(asking, Source(path=country, as_of=moment, **how))


def judged(model: Any, later: Dataset, moment: int) -> Iterator[dict[str, Any]]:
    """Judge on the truth: both thresholds month by month, calibration, bands, ranking."""
    given = answers(model, later.matrix)
    innocent, month = later.labels == 0, (times(later) - moment) // MONTH
    margins = {"fpr 5%": model.thresholds.review_margin, "fpr 1%": model.thresholds.block_margin}
    for name, margin in margins.items():
        for number in np.unique(month).tolist():
            ours = innocent & (month == number)
            hits = int((given.margins[ours] >= margin).sum())
            low, high = share_interval(hits, int(ours.sum()))
            yield {"what": name, "figure": hits / ours.sum(), "low": low, "high": high}
    yield _ratio("observed over expected", np.ones(len(later), bool), given.probabilities, later)
    bands = np.minimum(given.scores, HIGHEST - 1) // BAND * BAND
    for start in range(REVIEW, HIGHEST, BAND):
        if (bands == start).any():
            yield _ratio(f"band {start}", bands == start, given.probabilities, later)
    slope = calibration_slope(given.probabilities, later.labels, later.weights)
    yield {"what": "slope", "figure": float("nan") if slope is None else slope}
    reached = tpr_at_fpr(given.margins.astype(float), later.labels, later.weights)
    yield {"what": "tpr at 1%", "figure": reached["0.01"]}
    yield {"what": "tpr at 5%", "figure": reached["0.05"]}


def _ratio(
    what: str, ours: np.ndarray, probabilities: np.ndarray, later: Dataset
) -> dict[str, Any]:
    frauds, expected = int(later.labels[ours].sum()), float(probabilities[ours].sum())
    return {"what": what, "figure": frauds / expected, "frauds": frauds, "expected": expected}


def write(found: list[Figure]) -> None:
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / "forward.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(Figure.__dataclass_fields__))
        writer.writeheader()
        writer.writerows(asdict(each) for each in found)


def show(found: pd.DataFrame) -> None:
    """Print, for each product and way, the median and range of every figure; bands pooled."""
    for (product, way), ours in found.groupby(["product", "way"], sort=False):
        click.echo(f"\n{product}, {way}")
        for name, several in ours.groupby("what", sort=False):
            if str(name).startswith("band"):
                _show_band(str(name), several)
                continue
            values = several["figure"].dropna()
            line = f"{values.median():8.4f} ({values.min():.4f} to {values.max():.4f})"
            click.echo(f"  {name:<24}{line}{_held(str(name), several)}")


def _show_band(name: str, several: pd.DataFrame) -> None:
    frauds, expected = several["frauds"].sum(), several["expected"].sum()
    if frauds >= ENOUGH:
        click.echo(f"  {name:<24}{frauds / expected:8.4f} of {frauds:.0f} frauds")


def _held(name: str, several: pd.DataFrame) -> str:
    if name not in ASKED:
        return ""
    asked = ASKED[name]
    held = (several["low"] <= asked) & (asked <= several["high"])
    held |= (several["figure"] - asked).abs() <= WITHIN[name]
    above = int((~held & (several["figure"] > asked)).sum())
    return f"  held in {int(held.sum())} of {len(held)} months, above in {above}"


if __name__ == "__main__":
    main()
