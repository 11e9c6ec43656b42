"""Everything a backtest says, as one JSON object; page and table are drawn from it alone."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from riskscore.model.bundle import Bundle
from riskscore.product.spec import Product
from training.assess.intervals import Drawing
from training.assess.leakage import columns, later
from training.backtest.form import read_rules
from training.backtest.known import known_of, lateness_of
from training.backtest.ours import Ours, by_bundle, walked_forward
from training.backtest.period import Period, period
from training.backtest.rules import Rules
from training.backtest.sides import Judged, Sides, points_of
from training.backtest.theirs import Theirs, by_column, by_rules, check_alerts
from training.backtest.told import compared, looks
from training.bootstrap import DAY
from training.datasets import Dataset, Source
from training.errors import OptionInvalid, TooFewRows
from training.evaluate import load, models_of
from training.events import read_events
from training.finite import finite
from training.gate.limits import read_limits
from training.lateness import Lateness
from training.record import data

FEWEST = 50  # frauds judged, as the gate asks

Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is wanted of a backtest.

    Attributes:
        rules: A file of rules; or else ``alerts``, a column of the events, and ``product``.
        bundle: To judge instead of models fitted here.
        fits: How many models are fitted one after another.
        alerts_per_day: Numbers to compare at; a grid unless given.
    """

    rules: Path | None = None
    alerts: str | None = None
    product: Product | None = None
    bundle: Path | None = None
    fits: int = 3
    alerts_per_day: tuple[float, ...] = ()


def backtest(source: Source, ask: Ask, how: Drawing) -> Record:
    """Judge a model and the rules in use side by side.

    Args:
        source: An event folder; ``first`` is when the first model is fitted, ``as_of`` until when
            outcomes are known.
        ask: What is compared.
        how: How intervals are drawn.

    Raises:
        RulesInvalid: The rules break their form, or alert nobody.
        TooFewRows: There are too few frauds to say anything.
        DataError, TrainingError, StartupError: As the message says.
    """
    bundle = None if ask.bundle is None else load(ask.bundle)
    rules = _rules(ask, bundle)
    product = _product(ask, bundle, rules)
    source = replace(source, declarations=_declarations(source, ask, rules))
    rows = read_events(product, source if bundle else replace(source, first=None))
    known = known_of(rows)
    late = lateness_of(rows, known)
    when = period(_times(rows), late, int(rows.as_of or 0), first=source.first, fits=ask.fits)
    ours = _ours(rows, source, when, ask, bundle, how)
    judged = rows.take(ours.places)
    check_frauds(judged)
    theirs = _theirs(judged, rules, ask, source)
    check_alerts(theirs, judged)
    both = Judged(
        points=theirs.points,
        claimed=ours.claimed,
        labels=judged.labels,
        times=_times(judged),
        known=known.take(ours.places),
    )
    sides = Sides(both, points_of(both, ask.alerts_per_day))
    found: Record = finite(
        {
            "product": product.name,
            "title": product.title,
            "made": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "rules": _about_rules(rules, ask, theirs),
            "model": ours.record,
            "judged_on": _about_rows(judged, both, late),
            **compared(sides, theirs, rules, how),
            "leakage": _leaks(judged),
        }
    )
    return found


def check_frauds(rows: Dataset) -> None:
    """Refuse to judge by a handful.

    Raises:
        TooFewRows: Says how many there are.
    """
    if rows.positives < FEWEST:
        raise TooFewRows(
            f"{rows.file}: {rows.positives} frauds among the {len(rows):,} applications judged: "
            f"expected at least {FEWEST}, or any difference would be luck"
        )


def _rules(ask: Ask, bundle: Bundle | None) -> Rules | None:
    if (ask.rules is None) == (ask.alerts is None):
        raise OptionInvalid("expected --rules FILE, or --alerts COLUMN")
    if ask.rules is None:
        return None
    return read_rules(ask.rules, bundle.product if bundle else None)


def _product(ask: Ask, bundle: Bundle | None, rules: Rules | None) -> Product:
    found = bundle.product if bundle else rules.product if rules else ask.product
    if found is None:
        raise OptionInvalid("--alerts: expected --product or --bundle with it")
    if ask.product is not None and ask.product.name != found.name:
        raise OptionInvalid(f"--product: is {ask.product.name}: expected {found.name}")
    return found


def _declarations(source: Source, ask: Ask, rules: Rules | None) -> tuple[Path, ...]:
    beside = () if rules is None else rules.declarations
    models = () if ask.bundle is None else (models_of(ask.bundle),)
    return (*source.declarations, *beside, *models)


def _ours(  # noqa: PLR0913, PLR0917 - all that a model may come from
    rows: Dataset, source: Source, when: Period, ask: Ask, bundle: Bundle | None, how: Drawing
) -> Ours:
    if ask.bundle is None or bundle is None:
        if source.scores_from:
            raise OptionInvalid("--scores-from: expected --bundle with it")
        return walked_forward(rows, source, when, seed=how.seed)
    return by_bundle(rows, ask.bundle, bundle, when.until)


def _theirs(rows: Dataset, rules: Rules | None, ask: Ask, source: Source) -> Theirs:
    if rules is None:
        return by_column(rows, str(ask.alerts))
    return by_rules(rows, rules, source)


def _about_rules(rules: Rules | None, ask: Ask, theirs: Theirs) -> Record:
    return {
        "from": ask.alerts if rules is None else rules.path.name,
        "count": len(theirs.single),
        "alert_from": None if rules is None else rules.alert_from,
        "looks": list(looks(rules)),
    }


def _about_rows(rows: Dataset, judged: Judged, late: Lateness | None) -> Record:
    youngest = (int(rows.as_of or 0) - int(judged.times.max())) / DAY
    oldest = (int(rows.as_of or 0) - int(judged.times.min())) / DAY
    return {
        **data(rows),
        "days": judged.days,
        "a_day": len(rows) / judged.days,
        "looked_at": int(judged.known.looked.sum()),
        "lateness": None if late is None else late.as_record(),
        "youngest_days": youngest,
        "known_of_youngest": None if late is None else float(late.share_by(np.array(youngest))),
        "known_of_oldest": None if late is None else float(late.share_by(np.array(oldest))),
    }


def _leaks(rows: Dataset) -> Record:
    """Name what the prospect's columns may have been told afterwards."""
    limits = read_limits()
    told = [
        each
        for each in columns(rows)
        if each["auc"] >= limits.leak_auc or each["tpr_at_0.1"] >= limits.leak_tpr
    ]
    return {"columns": told, "later_than_the_row": [each for each in later(rows) if each["rows"]]}


def _times(rows: Dataset) -> np.ndarray:
    if rows.times is None:
        raise ValueError("an event folder has times")
    return rows.times
