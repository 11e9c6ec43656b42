"""``python -m training simulate``: write a country's event folder, or audit one."""

import time
from pathlib import Path

import click
import pyarrow as pa
from rich.console import Console
from rich.table import Table

from training.simulate import country, events
from training.simulate.audit import Finding, audit, read_tables
from training.simulate.country import Scenario
from training.simulate.parameters import read_parameters


@click.command("simulate")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Event folder.")
@click.option("--people", default=100_000, show_default=True, type=click.IntRange(1_000))
@click.option("--days", default=365, show_default=True, type=click.IntRange(60, 3_650))
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
@click.option(
    "--crime", default=1.0, show_default=True, type=click.FloatRange(0.1, 10), help="Times usual."
)
@click.option("--audit", "audited", is_flag=True, help="Search for what gives fraud away.")
def simulate_command(
    *, out: Path | None, people: int, days: int, seed: int, crime: float, audited: bool
) -> None:
    """Simulate a country and write its event folder.

    With --audit, nothing is written: the folder is read where --out names one that is there, else
    the country is simulated in memory. Exits 1 when anything gives fraud away.
    """
    if out is None and not audited:
        raise click.UsageError("--out is needed: the folder to write")
    console = Console(stderr=True)
    with console.status("reading") as status:
        if audited and out is not None and (out / "truth.parquet").exists():
            tables = read_tables(out)
        else:
            scenario = Scenario(people=people, days=days, seed=seed, crime=crime)
            tables = simulated(scenario, status.update)
        if audited:
            status.update("auditing")
            findings = audit(tables)
        elif out is not None:
            status.update("writing")
            events.write(tables, out)
    if audited:
        show(findings)


def simulated(scenario: Scenario, progress: country.Progress) -> dict[str, pa.Table]:
    begun = time.monotonic()
    tables = events.tables(country.simulate(read_parameters(), scenario, progress))
    seconds = time.monotonic() - begun
    counts = {name: len(table) for name, table in tables.items() if name != "truth"}
    rows = sum(counts.values()) - counts["outcomes"]
    click.echo(", ".join(f"{name} {count:,}" for name, count in counts.items()))
    click.echo(f"{rows:,} applications in {seconds:.1f} s, {rows / seconds:,.0f} a second")
    return tables


def show(findings: list[Finding]) -> None:
    """Print every figure; a broken bound ends the command with 1."""
    table = Table("product", "what", "AUC", "error", "rule", "")
    for each in findings:
        verdict = "" if each.kept else "BROKEN"
        table.add_row(
            each.product, each.what, f"{each.value:.3f}", f"{each.error:.3f}", each.rule, verdict
        )
    Console(width=110).print(table)
    if not all(each.kept for each in findings):
        raise SystemExit(1)
