"""``python -m training evaluate``."""

import json
from pathlib import Path

import click

from training.assess.intervals import Drawing
from training.assess.show import show_assessment
from training.bootstrap import DRAWS
from training.datasets import Source
from training.evaluate import Depth, evaluate
from training.failures import one_line_errors
from training.notices import warn
from training.options import (
    EXISTING,
    Events,
    Names,
    TableFile,
    event_options,
    json_option,
    label_option,
    seed_option,
    time_option,
    truth_option,
)
from training.tables import show_evaluation


@click.command("evaluate")
@click.argument("bundle", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("data", type=EXISTING)
@label_option
@truth_option
@time_option
@event_options
@click.option("--out", type=TableFile(), help="Write each row's margin, probability and score.")
@click.option("--by", type=Names(), multiple=True, help="Inputs to judge slice by slice.")
@click.option(
    "--draws",
    type=click.IntRange(0),
    default=DRAWS,
    show_default=True,
    help="Resamples behind the intervals; 0 for the plain figures alone.",
)
@seed_option
@json_option
def evaluate_command(
    bundle: Path,
    data: Path,
    label: str,
    truth: Path | None,
    time: str | None,
    events: Events,
    out: Path | None,
    by: tuple[list[str], ...],
    draws: int,
    seed: int,
    as_json: bool,
) -> None:
    """Judge a bundle on labelled rows: as a whole, by week, by slice, for fairness and for leaks.

    BUNDLE is the folder of a version, or of a product, whose champion is judged.
    """
    with one_line_errors():
        source = Source(path=data, label=label, time=time, truth=truth, **events._asdict())
        depth = Depth(Drawing(draws, seed), tuple(name for names in by for name in names))
        found = evaluate(bundle, source, out=out, depth=depth if draws else None)
    if found.seen.certain:
        warn(
            f"about {found.seen.share:.0%} of these rows were used to fit this bundle, "
            "so these figures are too good; judge it on rows it has not seen"
        )
    if as_json:
        click.echo(json.dumps(found.figures, allow_nan=False))
    else:
        show_evaluation(found.figures)
        if draws:
            show_assessment(found.figures)
