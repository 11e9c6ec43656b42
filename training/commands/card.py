"""``python -m training card``."""

from pathlib import Path

import click

from riskscore.model.publish import write_line
from training.assess.intervals import Drawing
from training.card.gather import card
from training.card.page import page
from training.card.pictures import pictures
from training.commands.written import write_both
from training.datasets import Source
from training.evaluate import folder_of
from training.failures import one_line_errors
from training.notices import warn
from training.options import (
    EXISTING,
    FOLDER,
    Events,
    draws_option,
    event_options,
    label_option,
    seed_option,
    time_option,
    truth_option,
)


@click.command("card")
@click.argument("bundle", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("data", type=EXISTING)
@click.option("--out", type=FOLDER, help="Folder for card.html and card.json; the version's own.")
@click.option("--pictures", "drawn", type=FOLDER, help="Folder for the leading plots as SVG.")
@click.option(
    "--refits",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Fits on other draws of DATA, to see which reasons stay.",
)
@label_option
@truth_option
@time_option
@event_options
@draws_option
@seed_option
def card_command(
    bundle: Path,
    data: Path,
    out: Path | None,
    drawn: Path | None,
    refits: int,
    label: str,
    truth: Path | None,
    time: str | None,
    events: Events,
    draws: int,
    seed: int,
) -> None:
    """Write the model card of BUNDLE, judged on DATA: a page to read, and every figure as JSON.

    BUNDLE is the folder of a version, or of a product, whose champion is described.
    """
    with one_line_errors():
        source = Source(path=data, label=label, time=time, truth=truth, **events._asdict())
        record = card(bundle, source, Drawing(draws, seed), refits=refits)
        folder = out or folder_of(bundle)
    if record["judged_on"]["seen"]["certain"]:
        warn("rows of DATA were used to fit this bundle, so the card's figures are too good")
    click.echo(write_both(folder, "card", record, page(record)))
    if drawn is not None:
        drawn.mkdir(parents=True, exist_ok=True)
        for name, svg in pictures(record).items():
            write_line(drawn / name, svg.rstrip("\n"))
