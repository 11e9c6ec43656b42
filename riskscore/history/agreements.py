"""Sharing agreements: which tenant's history another may see, of what, for what, and how long.

One TOML file holds them all, each as a table ``[[agreement]]``. Only what the giving tenant
receives while an agreement is in force crosses: what it was told before, it was not told for this.
An agreement that is over stays in the file, so that what rested on it is unknown rather than zero.
"""

import logging
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from riskscore.errors import AgreementInvalid
from riskscore.product.application import TENANT_NAME
from riskscore.product.fields import Strict, Word, by_path, expecting
from riskscore.product.form import Text, Window, snake
from riskscore.product.moments import microseconds
from riskscore.product.spec import MEASURES, History, Measure

log = logging.getLogger("riskscore.agreements")

NEVER = -(2**63)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """That one tenant lets another see some of its history.

    Attributes:
        gives: The tenant whose applications are seen.
        gets: The tenant whose scores see them.
        product: Of the applications that are seen.
        measures: Of the history columns that may see them.
        windows: Likewise.
        purpose: What for.
        legal_basis: By what right.
        begins: Microseconds since 1970 in UTC from which it is in force.
        ends: Those from which it is not any more.
    """

    name: str
    gives: str
    gets: str
    product: str
    measures: frozenset[Measure]
    windows: frozenset[timedelta]
    purpose: str
    legal_basis: str
    begins: int
    ends: int

    def covers(self, column: History) -> bool:
        return (
            column.of == self.product
            and column.measure in self.measures
            and column.window in self.windows
        )

    def in_force(self, at: int) -> bool:
        return self.begins <= at < self.ends

    def over(self, at: int) -> bool:
        return at >= self.ends


class Day(fields.Field):
    """A date, loaded as the microseconds since 1970 at which it begins in UTC."""

    def __init__(self, **more: Any) -> None:
        super().__init__(error_messages=expecting("a date such as 2027-01-31"), **more)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if type(value) is not date:
            raise self.make_error("invalid")
        return microseconds(datetime.combine(value, time(), UTC))


def some(field: fields.Field, what: str) -> fields.List:
    return fields.List(
        field,
        required=True,
        validate=validate.Length(min=1, error=f"expected {what}"),
        error_messages=expecting(what),
    )


def tenant() -> Text:
    return Text("a tenant's name", TENANT_NAME, required=True)


class AgreementForm(Strict):
    name = snake(required=True)
    gives = tenant()
    gets = tenant()
    product = snake(required=True)
    measures = some(Word(MEASURES), f"some of {', '.join(MEASURES)}")
    windows = some(Window(), "windows such as 7d")
    purpose = Text("text", required=True)
    legal_basis = Text("text", required=True)
    begins = Day(required=True, data_key="from")
    ends = Day(required=True, data_key="until")
    withdrawn = Day()

    @post_load
    def make(self, loaded: dict[str, Any], **_: object) -> Agreement:
        if loaded["gives"] == loaded["gets"]:
            raise ValidationError({"gets": ["expected another tenant than the one that gives"]})
        if loaded["ends"] <= loaded["begins"]:
            raise ValidationError({"until": ["expected a later date than from"]})
        ends = min(loaded["ends"], loaded.pop("withdrawn", loaded["ends"]))
        sets = {name: frozenset(loaded[name]) for name in ("measures", "windows")}
        return Agreement(**loaded | sets | {"ends": ends})


def read_agreements(path: Path) -> tuple[Agreement, ...]:
    """Read a file of agreements.

    Raises:
        AgreementInvalid: It is not there, or breaks the form.
    """
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise AgreementInvalid(
            f"{path}: {error.strerror}: expected a file of agreements"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise AgreementInvalid(f"{path}: not TOML: {error}") from error
    listed = tables.pop("agreement", [])
    if tables or not isinstance(listed, list):
        raise AgreementInvalid(f"{path}: expected tables [[agreement]] and nothing else")
    agreements = tuple(_agreement(path, place, each) for place, each in enumerate(listed, 1))
    _check_together(path, agreements)
    return agreements


def _agreement(path: Path, place: int, table: Any) -> Agreement:
    try:
        made: Agreement = AgreementForm().load(table)
    except ValidationError as error:
        name = table.get("name") if isinstance(table, dict) else None
        where = f"{path}: agreement {name if isinstance(name, str) else place}"
        found = (f"{key}: {'; '.join(each)}" for key, each in by_path(error.messages).items())
        raise AgreementInvalid(f"{where}: {' | '.join(found)}") from error
    return made


def _check_together(path: Path, agreements: Sequence[Agreement]) -> None:
    """Refuse what would count one application twice."""
    for one, other in combinations(agreements, 2):
        if one.name == other.name:
            raise AgreementInvalid(f"{path}: agreement {one.name}: name: used twice")
        parties = (one.gives, one.gets, one.product) == (other.gives, other.gets, other.product)
        if parties and one.begins < other.ends and other.begins < one.ends:
            raise AgreementInvalid(
                f"{path}: agreements {one.name} and {other.name}: from: in force at the same time "
                "between the same tenants on the same product: expected one of them"
            )


class Book:
    """The agreements as the file has them now; it is read again whenever it changes."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.agreements = () if path is None else read_agreements(path)
        self.seen = None if path is None else _stamp(path)

    def current(self) -> tuple[Agreement, ...]:
        """Return every agreement, those that are over included.

        A file that cannot be read any more ends them all: better unknown than not allowed.
        """
        stamp = None if self.path is None else _stamp(self.path)
        if self.path is not None and stamp != self.seen:
            self.seen = stamp
            self.agreements = self._again(self.path)
        return self.agreements

    def _again(self, path: Path) -> tuple[Agreement, ...]:
        try:
            return read_agreements(path)
        except AgreementInvalid as error:
            log.error("nothing is shared: %s", error)  # noqa: TRY400 - the message says it all
            return tuple(replace(each, ends=NEVER) for each in self.agreements)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
