"""``python -m training export``."""

from pathlib import Path

import click

from riskscore.model.bundle import load_champions
from training.export import export
from training.failures import one_line_errors
from training.options import FOLDER, database_option


@click.command("export")
@database_option
@click.option("--out", type=FOLDER, required=True, help="The event folder to write.")
@click.option(
    "--models",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("models"),
    show_default=True,
    help="The models folder whose champions say which columns each product has.",
)
def export_command(database: str, out: Path, models: Path) -> None:
    """Write an event folder of what a service saw: the values it served, and their outcomes."""
    with one_line_errors():
        products = [each.product for each in load_champions(models).values()]
        counts = export(database, products, out)
    click.echo(f"wrote {out}: {', '.join(f'{name} {rows:,}' for name, rows in counts.items())}")
