"""What can go wrong in training, in the language of training.

TrainingError                   a fit or an evaluation cannot be done as asked
    ColumnsMissing              the data lacks columns that the product declares
    LabelsInvalid               labels are not there, not 0 and 1, or all the same
    TooFewRows                  too few rows, or too few of one label, to split
    OptionInvalid               options that do not go together, or not with this data
    UpstreamOverlaps            an upstream bundle was fitted on the time it is asked to score
    StoreUnreadable             a database is not there, none of ours, or cannot be reached
    LimitsInvalid               a file of limits is not there, or breaks the form
    RulesInvalid                a file of rules is not there, breaks the form, or alerts nobody
    NotComparable               two bundles cannot be judged side by side on these rows
    ScratchFailed               rows that are too many for memory cannot be kept on disk
    PromotionRefused            no verdict lets this bundle be champion, or nothing to go back to

Beside these, ``riskscore.errors.DataError`` says that a file is unreadable or breaks its
declaration, and ``StartupError`` that a product file or a bundle cannot be used.
"""

from riskscore.errors import RiskScoreError


class TrainingError(RiskScoreError):
    """A fit or an evaluation cannot be done as asked."""


class ColumnsMissing(TrainingError):
    """The data lacks columns that the product declares."""


class LabelsInvalid(TrainingError):
    """Labels are not there, not 0 and 1, or all the same."""


class TooFewRows(TrainingError):
    """Too few rows, or too few of one label, to split."""


class OptionInvalid(TrainingError):
    """Options do not go together, or not with this data."""


class UpstreamOverlaps(TrainingError):
    """An upstream bundle was fitted on the time of applications that it is asked to score."""


class StoreUnreadable(TrainingError):
    """A database is not there, none of ours, or cannot be reached."""


class LimitsInvalid(TrainingError):
    """A file of limits is not there, or breaks the form."""


class RulesInvalid(TrainingError):
    """A file of rules is not there, breaks the form, or alerts nobody."""


class NotComparable(TrainingError):
    """Two bundles cannot be judged side by side on these rows."""


class ScratchFailed(TrainingError):
    """Rows that are too many for memory cannot be kept on disk either."""


class PromotionRefused(TrainingError):
    """No verdict lets this bundle become champion, or there is nothing to go back to."""
