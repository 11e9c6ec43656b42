"""Moments: whole microseconds since 1970 in UTC, read strictly."""

import re
import time
from datetime import UTC, date, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BARE_EPOCH = EPOCH.replace(tzinfo=None)
MICROSECOND = timedelta(microseconds=1)
RFC3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
LOOSE = re.compile(
    r"\d{4}-\d{2}-\d{2}"
    r"([Tt ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?([Zz]|[+-]\d{2}(:?\d{2})?)?)?",
    re.ASCII,
)
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


EARLIEST = -2_208_988_800_000_000  # 1900-01-01: what lies before is a slip of the pen


class BadMoment(ValueError):
    """A text that is no moment; the message says what was expected."""


def moment(text: str) -> int:
    """Read an RFC 3339 date-time with its offset, as a caller sends it.

    Raises:
        BadMoment: It has no offset, is malformed or names no real moment.
    """
    expected = "expected a date-time with offset, such as 2026-11-21T10:00:00+07:00"
    if not RFC3339.fullmatch(text):
        raise BadMoment(expected)
    try:
        read = microseconds(datetime.fromisoformat(text.upper()))
    except (ValueError, OverflowError):
        raise BadMoment(expected) from None
    if read < EARLIEST:
        raise BadMoment("expected a date-time from 1900 on")
    return read


def moment_or_date(text: str) -> int:
    """Read a date-time with offset, or a bare date, which is 00:00 UTC.

    Raises:
        BadMoment: It is neither.
    """
    if not DATE.fullmatch(text):
        return moment(text)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadMoment("expected a date, such as 2026-11-21") from None
    return microseconds(datetime(day.year, day.month, day.day, tzinfo=UTC))


def moment_in_file(text: str) -> int:
    """Read a moment of a file, where no offset means UTC and a bare date 00:00 UTC.

    Raises:
        BadMoment: It is no ISO 8601 date or date-time.
    """
    expected = "expected a date or date-time, such as 2026-11-21 10:00:00+07:00"
    if not LOOSE.fullmatch(text):
        raise BadMoment(expected)
    try:
        read = datetime.fromisoformat(text.upper())
        return microseconds(read if read.tzinfo else read.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise BadMoment(expected) from None


def now() -> int:
    return time.time_ns() // 1000


def microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND


def rfc3339(moment: int) -> str:
    """Write microseconds since 1970 as a date-time in UTC."""
    return (BARE_EPOCH + moment * MICROSECOND).isoformat() + "Z"
