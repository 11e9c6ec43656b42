"""The real telecom set, cross-validated beside others: ``python -m bench.subscribers``.

``EVALUATION_DATA`` names the folder that holds ``sichuan_telecom/subscribers.csv``. Everybody is
fitted on the same training rows and judged on the same test rows, fold by fold. Figures are means
over all folds with 95 % intervals, those of differences too; a TPR is that of the largest threshold
set within the false-positive rate. Each is given for four sets of test rows:

    all             every test row
    hard            numbers with data use in all 8 months
    kept back       rows that nobody looked at when columns and recipe were chosen
    hard, kept back

Columns and recipe were chosen by cross-validation within one half of the rows; the test rows of
the other half were kept back from that. With ``--trials`` a recipe is also searched for within
the training rows of each fold.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

from bench.places import BUILD, ROOT
from bench.rivals import RIVALS, Answers, Rival, ours, whole
from riskscore.product.spec import Product
from riskscore.product.toml import read_file
from training.crossvalidate import Fold, Folds, folds_of, searched_in, with_recipe
from training.datasets import Dataset, Source
from training.labels import Labels
from training.metrics import tpr_at_fpr
from training.options import Names
from training.progress import INSIDE, Advance, counting
from training.read import read_dataset
from training.resampled import Between, corrected_interval
from training.tune import Search
from training.without import without

TOML = ROOT / "examples/subscriber_usage/product.toml"
EXPOSURE = "arpu_*,month_ids,flow_month"  # spend and exposure, which partly give the label away
MONTHS = 8
HALF = 2026  # seed of the half of the rows that columns and recipe were chosen on

Strata = Mapping[str, NDArray[np.bool_]]
Figures = dict[str, dict[str, float]]  # set of test rows -> name -> figure


@click.command()
@click.option("--data", envvar="EVALUATION_DATA", required=True, type=click.Path(path_type=Path))
@click.option("--folds", type=click.IntRange(2), default=5, show_default=True)
@click.option("--repeats", type=click.IntRange(1), default=3, show_default=True)
@click.option("--trials", type=click.IntRange(1), help="Search for a recipe, too, in each fold.")
@click.option(
    "--without", "left_out", type=Names(), default="", help=f"Columns; for example '{EXPOSURE}'."
)
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(  # noqa: PLR0913, PLR0917 - click passes every option
    data: Path,
    folds: int,
    repeats: int,
    trials: int | None,
    left_out: list[str],
    jobs: int,
    as_json: bool,  # noqa: FBT001 - a flag of the command line
) -> None:
    """Print what everybody reaches, and by how much ours is better, as one table."""
    product = read_file(TOML)
    path = data / "sichuan_telecom/subscribers.csv"
    dataset = read_dataset(product, Source(path=path))
    how = Folds(folds, repeats)
    asked = [*RIVALS, *searching(trials, left_out)]
    seen = {
        each.name: read_dataset(left(each.declared(product), left_out), Source(path=path))
        for each in asked
    }
    found = compared(folded(asked, seen, dataset, how, jobs=jobs), folds)
    if as_json:
        click.echo(json.dumps(found))
    else:
        show(found)


def left(product: Product, left_out: Sequence[str]) -> Product:
    return without(product, left_out) if left_out else product


def searching(trials: int | None, left_out: Sequence[str]) -> list[Rival]:
    """Add ours with a searched recipe; every trial is kept, and a stopped search goes on."""
    if trials is None:
        return []
    BUILD.mkdir(parents=True, exist_ok=True)
    study = BUILD / f"subscribers{'-without' if left_out else ''}.study"
    answer = partial(with_search, search=Search(trials=trials, study=study))
    return [Rival("ours, searched recipe", whole, answer)]


def with_search(dataset: Dataset, fold: Fold, *, search: Search) -> Answers:
    return ours(with_recipe(dataset, searched_in(fold, dataset, search)), fold)


def folded(
    rivals: Sequence[Rival], seen: Mapping[str, Dataset], dataset: Dataset, how: Folds, *, jobs: int
) -> dict[str, list[Figures]]:
    """Judge everybody on every fold; in one process each where there are several jobs."""
    strata = strata_of(dataset)
    with ProcessPoolExecutor(jobs, get_context("spawn"), quiet) as pool:
        asked: dict[str, list[Future[Figures]]] = {
            each.name: [
                pool.submit(figures, each, seen[each.name], fold, strata)
                for fold in folds_of(dataset, how)
            ]
            for each in rivals
        }
        with counting("Fitting", total=len(rivals) * how.folds * how.repeats) as advance:
            return {name: collected(futures, advance) for name, futures in asked.items()}


def quiet() -> None:
    """Let nobody count within a worker."""
    INSIDE.set(True)


def collected(futures: Iterable[Future[Figures]], advance: Advance) -> list[Figures]:
    found = []
    for each in futures:
        found.append(each.result())
        advance(1)
    return found


def strata_of(dataset: Dataset) -> Strata:
    """Tell which rows are hard, and which half of them was kept back."""
    names = [each.name for each in dataset.product.columns]
    hard = dataset.matrix[:, names.index("month_ids")] == MONTHS
    back = np.zeros(len(dataset), np.bool_)
    places = np.arange(len(dataset))
    back[train_test_split(places, test_size=0.5, stratify=dataset.labels, random_state=HALF)[1]] = 1
    return {
        "all": np.ones(len(dataset), np.bool_),
        "hard": hard,
        "kept back": back,
        "hard, kept back": hard & back,
    }


def figures(rival: Rival, dataset: Dataset, fold: Fold, strata: Strata) -> Figures:
    """Judge one on the test rows of one fold."""
    answers = rival.answer(dataset, fold)
    labels = dataset.labels[fold.test]
    return {
        name: judged(answers[rows[fold.test]], labels[rows[fold.test]])
        for name, rows in strata.items()
    }


def judged(answers: Answers, labels: Labels) -> dict[str, float]:
    shares = tpr_at_fpr(answers, labels, np.ones(len(labels)))
    return {
        "AUC": float(roc_auc_score(labels, answers)),
        **{f"TPR at {float(rate):.0%} FPR": shares[rate] for rate in ("0.01", "0.05")},
    }


def compared(found: Mapping[str, list[Figures]], folds: int) -> dict[str, Any]:
    """Average over folds: each figure, and ours less theirs, fold by fold."""
    return {
        rows: {
            rival: {
                name: {
                    "reached": over(several, rows, name, folds)._asdict(),
                    "ours_better_by": over(
                        several, rows, name, folds, than=found["ours"]
                    )._asdict(),
                }
                for name in several[0][rows]
            }
            for rival, several in found.items()
        }
        for rows in found["ours"][0]
    }


def over(
    several: Sequence[Figures],
    rows: str,
    name: str,
    folds: int,
    *,
    than: Sequence[Figures] | None = None,
) -> Between:
    values = [each[rows][name] for each in several]
    if than is not None:
        values = [own[rows][name] - theirs for own, theirs in zip(than, values, strict=True)]
    return corrected_interval(values, folds)


def show(found: Mapping[str, Any]) -> None:
    for rows, rivals in found.items():
        names = list(rivals["ours"])
        table = Table("", *names, title=f"test rows: {rows}")
        for line in lines(rivals, names):
            table.add_row(*line)
        Console(width=130).print(table)


def lines(rivals: Mapping[str, Any], names: Sequence[str]) -> Iterator[list[str]]:
    for rival, found in rivals.items():
        yield [rival, *(told(found[name]["reached"], "") for name in names)]
        if rival != "ours":
            yield [
                "  ours less this",
                *(told(found[name]["ours_better_by"], "+") for name in names),
            ]


def told(between: Mapping[str, float], sign: str) -> str:
    mean, low, high = (format(between[name], f"{sign}.4f") for name in ("mean", "low", "high"))
    return f"{mean} ({low} to {high})"


if __name__ == "__main__":
    main()
