"""Applications that plainly keep to their form, admitted without marshmallow's general machinery.

Whatever is not plainly valid is left to the schema, which says what is wrong with it, so there is
still one judge of what is refused. A test holds that what is admitted here is what the schema
would have loaded, to the last value.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, assert_never

from riskscore.product.application import PURPOSES, REFERENCE, Application
from riskscore.product.identifiers import BadIdentifier, canonical
from riskscore.product.moments import BadMoment, moment, moment_or_date, now
from riskscore.product.spec import Category, Entity, Flag, Input, Integer, Number, Product

Json = dict[str, Any]
Read = Callable[[Any], Any]

KEYS = {"reference", "occurred_at", "purpose", "entities", "since", "features"}
REFERENCE_FORM = re.compile(REFERENCE)


class NotPlain(Exception):
    """A value that the schema must judge."""


class Table:
    """Named values, each with how it is read; null is absent where it may be."""

    def __init__(self, reads: Mapping[str, Read], required: Iterable[str]) -> None:
        self.reads = [(name, read) for name, read in reads.items()]
        self.required = frozenset(required)

    def __call__(self, sent: Any) -> Json:
        if type(sent) is not dict or not self.required <= sent.keys():
            raise NotPlain
        read = {
            name: value if (value := sent[name]) is None else into(value)
            for name, into in self.reads
            if name in sent
        }
        if len(read) != len(sent):
            raise NotPlain
        if None in read.values():
            return self.without_null(read)
        return read

    def without_null(self, read: Json) -> Json:
        kept = {name: value for name, value in read.items() if value is not None}
        if not self.required <= kept.keys():
            raise NotPlain
        return kept


class Admission:
    """Reads the applications of one product."""

    def __init__(self, product: Product) -> None:
        entities, inputs = product.entities, product.inputs
        self.entities = Table(
            {each.name: reader_of(each) for each in entities},
            [each.name for each in entities if each.required],
        )
        self.since = Table({each.name: read_since for each in entities}, ())
        self.features = Table(
            {each.name: reader(each) for each in inputs},
            [each.name for each in inputs if not each.missing],
        )

    def __call__(self, sent: Json) -> Application | None:
        """Read an application; None where the schema must judge it."""
        try:
            return self.admitted(sent)
        except (NotPlain, BadMoment, BadIdentifier):
            return None

    def admitted(self, sent: Json) -> Application:
        reference, purpose = sent.get("reference"), sent.get("purpose", "onboard")
        if type(reference) is not str or not REFERENCE_FORM.fullmatch(reference):
            raise NotPlain
        if type(purpose) is not str or purpose not in PURPOSES or not sent.keys() <= KEYS:
            raise NotPlain
        entities, since = self.entities(sent.get("entities", {})), sent.get("since")
        return Application(
            reference=reference,
            occurred_at=read_moment(sent["occurred_at"]) if "occurred_at" in sent else now(),
            purpose=purpose,  # type: ignore[arg-type]  # it is among PURPOSES
            entities=entities,
            since=self.accompanied(since, entities) if "since" in sent else {},
            features=self.features(sent.get("features", {})),
        )

    def accompanied(self, sent: Any, entities: Json) -> Json:
        since = self.since(sent)
        if not since.keys() <= entities.keys():
            raise NotPlain
        return since


def read_moment(value: Any) -> int:
    if type(value) is not str:
        raise NotPlain
    return moment(value)


def read_since(value: Any) -> int:
    if type(value) is not str:
        raise NotPlain
    return moment_or_date(value)


def reader_of(entity: Entity) -> Read:
    format_ = entity.format

    def read(value: Any) -> str:
        if type(value) is not str:
            raise NotPlain
        return canonical(value, format_)

    return read


def reader(feature: Input) -> Read:
    """Say how a value of an input is read; as strictly as ``riskscore.product.fields``."""
    match feature:
        case Number(low=low, high=high):
            return reader_of_numbers(low, high)
        case Integer(low=low, high=high):
            return reader_of_integers(low, high)
        case Flag():
            return read_flag
        case Category(values=words):
            return reader_of_words(frozenset(words))
        case _:
            assert_never(feature)


def reader_of_numbers(low: float, high: float) -> Read:
    def read(value: Any) -> float:
        kind = type(value)
        if (kind is float or kind is int) and low <= value <= high:
            return float(value)
        raise NotPlain

    return read


def reader_of_integers(low: int, high: int) -> Read:
    def read(value: Any) -> int:
        kind = type(value)
        if (kind is int or (kind is float and value.is_integer())) and low <= value <= high:
            return int(value)
        raise NotPlain

    return read


def reader_of_words(words: frozenset[str]) -> Read:
    def read(value: Any) -> str:
        if type(value) is str and value in words:
            return value
        raise NotPlain

    return read


def read_flag(value: Any) -> bool:
    if value is True or value is False:
        return bool(value)
    raise NotPlain
