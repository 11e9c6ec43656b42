"""Everything that can go wrong, in the language of risk scoring.

RiskScoreError
    StartupError                the process must not start
        ConfigError                 a setting is missing, malformed or unknown
        ProductInvalid              a product file breaks its form
        AgreementInvalid            a file of sharing agreements breaks its form
        BundleNotFound              no model bundle where the settings point
        BundleMismatch              a bundle of another format, product or library
        BundleCorrupt               a bundle file is damaged, or a golden row scores differently
        StoreMismatch               a database of another version, or written under another key
    RequestError                the caller can put it right, if only by asking again
        UnknownProduct              a product we do not score
        UnreadableBody              the body is not JSON that we read
        BadHeader                   a header breaks its form
        Unauthenticated             we do not know who asks
        Forbidden                   whoever asks may not do this
        TooManyRequests             whoever asks does so too often
            RateExceeded                in a second
            QuotaExceeded               in a day
            AskedAboutTooOften          about one identifier in a day
        InvalidFields               fields break their schema; names every one
            InvalidApplication          those of an application
            InvalidOutcome              those of an outcome
            InvalidQuery                those of a query
        UnknownDecision             no decision of that id
        UnknownReference            no application of that reference
        KeyInUse                    another request with this idempotency key is still at work
        KeyReused                   the idempotency key was used for another request
        StoreUnavailable            the store cannot be reached, or is busy for too long
    DataError                   a file of rows cannot be used
        DataUnreadable              it is not a csv or parquet file, or an empty one
        DataInvalid                 rows break the declaration; names column, count and first row
    ClusterFailed               a Dask cluster cannot be used, or lost what it was doing
    UpkeepError                 the store cannot be kept up as asked

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


class AgreementInvalid(StartupError):
    """A file of sharing agreements is not there, or breaks its form."""


class BundleNotFound(StartupError):
    """No model bundle exists where the settings point."""


class BundleMismatch(StartupError):
    """A bundle was made for another format, product or library than this one."""


class BundleCorrupt(StartupError):
    """A bundle file is damaged, or a golden row scores differently than when it was fitted."""


class StoreMismatch(StartupError):
    """A database is of another version than this code, or written under another key."""


class RequestError(RiskScoreError):
    """The caller can put it right, if only by asking again."""


class UnknownProduct(RequestError):
    """The caller named a product we do not score."""


class UnreadableBody(RequestError):
    """The body is not JSON that we read: malformed, nested too deep, or no object."""


class BadHeader(RequestError):
    """A header breaks its form."""


class Unauthenticated(RequestError):
    """There is no key or token, or none that is valid."""


class Forbidden(RequestError):
    """The caller's key or token does not allow what it asks for."""


class TooManyRequests(RequestError):
    """The caller asks too often; ``seconds`` says when to ask again."""

    def __init__(self, message: str, *, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class RateExceeded(TooManyRequests):
    """The caller asks more than it may in a second."""


class QuotaExceeded(TooManyRequests):
    """The caller asks more than it may in a day."""


class AskedAboutTooOften(TooManyRequests):
    """An identifier of the application was asked about too often within a day."""


class InvalidFields(RequestError):
    """What was sent breaks its schema; ``fields`` maps each bad field's path to its reasons."""

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        super().__init__(f"invalid fields: {', '.join(sorted(fields))}")
        self.fields = fields


class InvalidApplication(InvalidFields):
    """An application breaks its schema."""


class InvalidOutcome(InvalidFields):
    """An outcome breaks its schema."""


class InvalidQuery(InvalidFields):
    """What a query asks for breaks its form."""


class UnknownDecision(RequestError):
    """There is no decision of that id."""


class UnknownReference(RequestError):
    """There is no application of that product and reference."""


class KeyInUse(RequestError):
    """Another request with the same idempotency key is still at work."""


class KeyReused(RequestError):
    """The idempotency key was used for another request."""


class StoreUnavailable(RequestError):
    """The store cannot be reached, or is busy for too long."""


class DataError(RiskScoreError):
    """A file of rows cannot be used."""


class DataUnreadable(DataError):
    """A file is no csv or parquet table, or an empty one."""


class DataInvalid(DataError):
    """Rows break the declaration of their product."""


class ClusterFailed(RiskScoreError):
    """A Dask cluster cannot be used, or lost what it was doing."""


class UpkeepError(RiskScoreError):
    """The store cannot be kept up as asked."""
