"""``python -m training compare``, ``promote`` and ``rollback``."""

import json
from pathlib import Path

import click

from riskscore.product.spec import Product
from training.datasets import Source
from training.errors import OptionInvalid
from training.failures import one_line_errors
from training.gate.compare import Compared, compare, verdict_text
from training.gate.limits import read_limits
from training.gate.promotion import Ungated, downstream, promote, rollback
from training.options import (
    EXISTING,
    Events,
    draws_option,
    event_options,
    json_option,
    label_option,
    seed_option,
    time_option,
    truth_option,
)

BUNDLE = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("compare")
@click.argument("challenger", type=BUNDLE)
@click.argument("champion", type=BUNDLE)
@click.argument("data", type=EXISTING)
@click.option("--limits", type=FILE, help="A TOML file whose keys replace the built-in limits.")
@click.option("--out", type=FILE, help="Write the verdict, which promote asks for.")
@label_option
@truth_option
@time_option
@event_options
@draws_option
@seed_option
@json_option
def compare_command(
    challenger: Path,
    champion: Path,
    data: Path,
    limits: Path | None,
    out: Path | None,
    label: str,
    truth: Path | None,
    time: str | None,
    events: Events,
    draws: int,
    seed: int,
    as_json: bool,
) -> None:
    """Say whether CHALLENGER may replace CHAMPION, judged on rows later than both; exit 1 if not.

    Both are folders of a version, or of a product, whose champion is meant. The same bundle twice
    asks whether it may stay.
    """
    with one_line_errors():
        source = Source(path=data, label=label, time=time, truth=truth, **events._asdict())
        wanted = read_limits(limits)
        found = compare(challenger, champion, source, wanted, draws=draws, seed=seed)
        if out is not None:
            out.write_text(verdict_text(found), "utf-8")
    if as_json:
        click.echo(json.dumps(json.loads(verdict_text(found)), allow_nan=False))
    else:
        show(found)
    if not found.promotes:
        raise SystemExit(1)


def show(found: Compared) -> None:
    record = found.record
    new, old = record["challenger"]["version"], record["champion"]["version"]
    click.echo(
        f"{record['product']}: version {new} after version {old}, judged on "
        f"{record['data']['rows']:,} rows, intervals of 95 %"
    )
    for each in found.checks:
        click.echo(f"{each.verdict:12} {each.name}: {each.why}")
    click.echo("promotes" if found.promotes else "refuses")


@click.command("promote")
@click.argument("bundle", type=BUNDLE)
@click.option("--verdict", type=FILE, help="As compare --out wrote it.")
@click.option("--ungated", metavar="REASON", help="Promote without a verdict, for this reason.")
@click.option("--signed-by", metavar="NAME", help="Who answers for that.")
def promote_command(
    bundle: Path, verdict: Path | None, ungated: str | None, signed_by: str | None
) -> None:
    """Make BUNDLE, the folder of a version, its product's champion."""
    with one_line_errors():
        promoted = promote(bundle, _grounds(verdict, ungated, signed_by))
    click.echo(f"champion of {promoted.product.name} is {promoted.version}; start the service anew")
    _tell_downstream(bundle.resolve().parent.parent, promoted.product)


def _grounds(verdict: Path | None, ungated: str | None, signed_by: str | None) -> Path | Ungated:
    if verdict is not None and ungated is None and signed_by is None:
        return verdict
    if verdict is None and ungated and signed_by:
        return Ungated(ungated, signed_by)
    raise OptionInvalid("expected --verdict FILE, or --ungated REASON with --signed-by NAME")


@click.command("rollback")
@click.argument("product", type=BUNDLE)
@click.option("--reason", required=True, help="Kept in the history.")
def rollback_command(product: Path, reason: str) -> None:
    """Take the last promotion of PRODUCT, a product's folder, back."""
    with one_line_errors():
        bundle = rollback(product, reason)
    click.echo(f"champion of {bundle.product.name} is {bundle.version}; start the service anew")
    _tell_downstream(product.resolve().parent, bundle.product)


def _tell_downstream(models: Path, product: Product) -> None:
    with one_line_errors():
        found = downstream(models, product.name)
    for each in found:
        click.echo(
            f"gate again: {each.product} version {each.version} looks at this score"
            + (f" and was fitted on that of {each.pinned[:12]}" if each.pinned else "")
        )
