"""What history is worth, and what its loss costs: ``python -m bench.history``.

Countries are simulated at several crime rates. After a part of the time models go live whose scores
are served from then on, as the other sector sees them. At a later moment the models are fitted on
what was known, and every application after it is judged on the truth, in nine ways:

    rules           a list of rules on the same counts
    inputs          inputs alone
    own             and the history of the own sector
    other           and that of the other sector instead
    both            and that of both
    own, dealt      the same, identifiers dealt out at random: nothing to gain
    both, dealt
    cold store      the model of both, nothing remembered
    lost partner    the model of both, the other sector's half gone

An alert is one of the 1 % of rows with the highest margins.
"""

import json
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.sectors import Worth, cut, deal_out, remember
from riskscore.product.toml import read_product
from training.commands.simulate import simulate_command

SIM, OPENING, ACTIVITY = "sim_registration", "account_opening", "account_activity"
LIVE, FITTED = 0.3, 0.75  # shares of the registrations before scores are served, before the fit


class Found(NamedTuple):
    """What one way of judging a product's applications found."""

    product: str
    way: str
    worth: Worth


@click.command()
@click.option("--seeds", default=5, show_default=True, help="How many countries.")
@click.option("--first", default=11, show_default=True, help="The first seed.")
@click.option("--crime", default="0.5,1,2", show_default=True, help="Times the usual rate.")
@click.option("--people", default=60_000, show_default=True)
@click.option("--days", default=365, show_default=True)
def main(seeds: int, first: int, crime: str, people: int, days: int) -> None:
    """Print median and worst of several countries, and all of it as JSON lines."""
    for rate in crime.split(","):
        found: list[Found] = []
        for seed in range(first, first + seeds):
            judged = country(people, days, seed, rate)
            found += judged
            for each in judged:
                line = {"crime": float(rate), "seed": seed, "product": each.product}
                click.echo(json.dumps(line | {"way": each.way} | each.worth._asdict()))
        show(rate, found)


def country(people: int, days: int, seed: int, crime: str) -> list[Found]:
    """Simulate one country and judge every product in every way."""
    with tempfile.TemporaryDirectory() as folder:
        real, dealt = Path(folder) / "real", Path(folder) / "dealt"
        order = ["--people", people, "--days", days, "--seed", seed, "--crime", crime]
        simulate_command.main(
            [str(each) for each in ("--out", real, *order)], standalone_mode=False
        )
        deal_out(real, dealt, seed)
        return [
            Found(name, way, worth)
            for name in (SIM, OPENING, ACTIVITY)
            for way, worth in ways(name, real, dealt)
        ]


def ways(name: str, real: Path, dealt: Path) -> Iterator[tuple[str, Worth]]:
    """Judge one product; what it remembers, and the scores it serves, stay in the folders."""
    product = read_product(name)
    live, fitted = (moment(real, share) for share in (LIVE, FITTED))
    own = {SIM} if name == SIM else {OPENING, ACTIVITY}
    every = {each.of for each in product.history}
    for folder in (real, dealt):
        remember(product, folder, live)
    linked, chance = cut(product, real, fitted), cut(product, dealt, fitted)
    yield "rules", linked.by_rules()
    yield "inputs", linked.fitted(()).worth(linked.later)
    yield "own", linked.fitted(own).worth(linked.later)
    yield "other", linked.fitted(every - own).worth(linked.later)
    both = linked.fitted(every)
    yield "both", both.worth(linked.later)
    yield "own, dealt", chance.fitted(own).worth(chance.later)
    yield "both, dealt", chance.fitted(every).worth(chance.later)
    yield "cold store", both.worth(linked.lacking(every))
    yield "lost partner", both.worth(linked.lacking(every - own))


def moment(folder: Path, share: float) -> int:
    """Return when a share of the registrations had been made, microseconds UTC."""
    path = folder / f"{SIM}.parquet"
    times = pq.read_table(path, columns=["occurred_at"])["occurred_at"].cast(pa.int64())
    return int(np.quantile(times.to_numpy(), share))


def show(crime: str, found: list[Found]) -> None:
    """Print median and worst over the seeds."""
    click.echo(f"\ncrime x {crime}{'':<25}{'TPR at 1 % FPR':>18}{'extra per 1,000 alerts':>26}")
    for product, way in dict.fromkeys((each.product, each.way) for each in found):
        ours = [each.worth for each in found if (each.product, each.way) == (product, way)]
        base = [
            each.worth.found for each in found if (each.product, each.way) == (product, "inputs")
        ]
        tpr = [each.tpr for each in ours]
        extra = [each.found - other for each, other in zip(ours, base, strict=True)]
        click.echo(
            f"{product:<18}{way:<16}"
            + "".join(f"{statistics.median(one):>10.4g}{min(one):>10.4g}" for one in (tpr, extra))
        )


if __name__ == "__main__":
    main()
