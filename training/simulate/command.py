"""``python -m training simulate``: write a country's event folder."""

import time
from pathlib import Path

import click
from rich.console import Console

from training.simulate import country, events
from training.simulate.country import Scenario
from training.simulate.parameters import read_parameters


@click.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder to write.")
@click.option("--people", default=100_000, show_default=True, type=click.IntRange(1_000))
@click.option("--days", default=365, show_default=True, type=click.IntRange(60))
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
@click.option("--crime", default=1.0, show_default=True, type=click.FloatRange(0.1, 5))
def simulate(out: Path, people: int, days: int, seed: int, crime: float) -> None:
    """Simulate a country and write its event folder."""
    scenario = Scenario(people=people, days=days, seed=seed, crime=crime)
    console = Console(stderr=True)
    begun = time.monotonic()
    with console.status("people") as status:
        made = country.simulate(read_parameters(), scenario, status.update)
        status.update("writing")
        events.write(made, out)
    rows = sum(len(each.receipts.row) for each in made.events)
    seconds = time.monotonic() - begun
    for each in made.events:
        count, share = len(each.receipts.row), each.case.fraud.mean()
        click.echo(f"{each.case.product}: {count:,} rows, {share:.2%} fraud")
    click.echo(f"{rows:,} rows in {seconds:.1f} s, {rows / seconds:,.0f} rows/s")


if __name__ == "__main__":
    simulate()
