"""Everything that can go wrong, in the language of risk scoring.

RiskScoreError
    StartupError                the process must not start
        ConfigError                 a setting is missing, malformed or unknown
        ProductInvalid              a product file breaks its form
        BundleNotFound              no model bundle where the settings point
        BundleMismatch              a bundle of another format, product or library
        BundleCorrupt               a bundle file is damaged, or a golden row scores differently
    RequestError                the caller can put it right
        UnknownProduct              a product we do not score
        UnreadableBody              the body is not JSON that we read
        BadHeader                   a header breaks its form
        InvalidApplication          an application breaks its schema; names every field
    DataError                   a file of rows cannot be used
        DataUnreadable              it is not a csv or parquet file, or an empty one
        DataInvalid                 rows break the declaration; names column, count and first row

Nothing here knows about HTTP; ``riskscore.api.problems`` translates. A message never carries an
identifier, because messages reach logs and callers.
"""

from collections.abc import Mapping, Sequence


class RiskScoreError(Exception):
    """Base class of every error this package raises on purpose."""


class StartupError(RiskScoreError):
    """The process must not start."""


class ConfigError(StartupError):
    """A setting is missing, malformed or unknown."""


class ProductInvalid(StartupError):
    """A product file breaks its form."""


class BundleNotFound(StartupError):
    """No model bundle exists where the settings point."""


class BundleMismatch(StartupError):
    """A bundle was made for another format, product or library than this one."""


class BundleCorrupt(StartupError):
    """A bundle file is damaged, or a golden row scores differently than when it was fitted."""


class RequestError(RiskScoreError):
    """The caller can put it right."""


class UnknownProduct(RequestError):
    """The caller named a product we do not score."""


class UnreadableBody(RequestError):
    """The body is not JSON that we read: malformed, nested too deep, or no object."""


class BadHeader(RequestError):
    """A header breaks its form."""


class InvalidApplication(RequestError):
    """An application breaks its schema; ``fields`` maps each bad field's path to its reasons."""

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        super().__init__(f"invalid fields: {', '.join(sorted(fields))}")
        self.fields = fields


class DataError(RiskScoreError):
    """A file of rows cannot be used."""


class DataUnreadable(DataError):
    """A file is no csv or parquet table, or an empty one."""


class DataInvalid(DataError):
    """Rows break the declaration of their product."""
