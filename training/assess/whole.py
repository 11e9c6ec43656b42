"""Everything that is said of a bundle on some rows."""

from collections.abc import Sequence

from riskscore.model.bundle import Bundle
from training.assess.bands import bands
from training.assess.fair import fair
from training.assess.intervals import Drawing, Record, with_intervals
from training.assess.leakage import leakage
from training.assess.slices import slices
from training.assess.stability import stability
from training.assess.weeks import weeks
from training.datasets import Dataset
from training.finite import finite
from training.judge import Answers


def assessment(
    bundle: Bundle, rows: Dataset, given: Answers, *, by: Sequence[str] = (), how: Drawing
) -> Record:
    """Judge in depth; every figure with an interval is ``{value, low, high}``, null if unknown.

    Raises:
        OptionInvalid: ``by`` names what is no input.
    """
    thresholds = bundle.thresholds
    found = {
        "slices": slices(rows, given, thresholds, by, how),
        "intervals": with_intervals(rows, given, thresholds, how),
        "weeks": weeks(rows, given, thresholds),
        "score_bands": bands(rows, given, how),
        "fairness": fair(rows, given, how),
        "stability": stability(rows, given, bundle.manifest),
        "leakage": leakage(bundle, rows),
    }
    record: Record = finite(found)
    return record
