"""marshmallow fields that are as strict as our contract, each saying what it expected.

Messages name what was expected and never repeat the value, which may be personal.
"""

import math
from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, pre_load

from riskscore.product.identifiers import BadIdentifier, canonical
from riskscore.product.moments import BadMoment, moment, moment_or_date
from riskscore.product.spec import Format

UNDECLARED = 100  # keys that are told by name; of more, only how many may stand there


class Strict(Schema):
    """A table or object in which only declared keys may stand."""

    error_messages: dict[str, str] = {  # noqa: RUF012 - marshmallow declares it on the instance
        "unknown": "not known here",
        "type": "expected keys and values",
    }

    @pre_load
    def bound(self, sent: Any, **_: object) -> Any:
        """Refuse a flood of keys as one: to name each takes a hundred times what it takes to send.

        Raises:
            ValidationError: There are far more than are declared.
        """
        if isinstance(sent, Mapping) and len(sent) > (most := len(self.fields) + UNDECLARED):
            raise ValidationError(f"expected at most {most:,} keys")
        return sent


def expecting(what: str) -> dict[str, str | list[Any] | dict[Any, Any]]:
    """Word a field's refusals."""
    what = what.replace("{", "{{").replace("}", "}}")  # marshmallow formats its messages
    return {
        "required": f"required: expected {what}",
        "null": f"may not be null: expected {what}",
        "invalid": f"expected {what}",
    }


class StrictNumber(fields.Float):
    """A JSON number: no text, no true or false, no NaN, within closed bounds."""

    def __init__(self, what: str, low: float, high: float, **more: Any) -> None:
        super().__init__(error_messages=expecting(what), **more)
        self.low, self.high = low, high

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> float:
        kind = type(value)
        if (kind is not float and kind is not int) or not self.low <= value <= self.high:
            raise self.make_error("invalid")
        return float(value)


class StrictInteger(fields.Integer):
    """A whole JSON number within closed bounds; 5.0 is one, 5.5 is not."""

    def __init__(self, what: str, low: float, high: float, **more: Any) -> None:
        super().__init__(strict=True, error_messages=expecting(what), **more)
        self.low, self.high = low, high

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        kind = type(value)
        if (kind is not float and kind is not int) or not self.low <= value <= self.high:
            raise self.make_error("invalid")
        if value != math.floor(value):
            raise self.make_error("invalid")
        return int(value)


class StrictFlag(fields.Boolean):
    """JSON true or false, not a word or number that stands for one."""

    def __init__(self, **more: Any) -> None:
        super().__init__(error_messages=expecting("true or false"), **more)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if value is not True and value is not False:
            raise self.make_error("invalid")
        return bool(value)


class Word(fields.String):
    """One word of a closed list."""

    def __init__(self, words: tuple[str, ...], **more: Any) -> None:
        super().__init__(error_messages=expecting(f"one of {', '.join(words)}"), **more)
        self.words = frozenset(words)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if type(value) is not str or value not in self.words:
            raise self.make_error("invalid")
        return value


class Identifier(fields.String):
    """An identifier, loaded in its canonical spelling."""

    def __init__(self, format_: Format, **more: Any) -> None:
        super().__init__(error_messages=expecting("text"), **more)
        self.format = format_

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if type(value) is not str:
            raise self.make_error("invalid")
        try:
            return canonical(value, self.format)
        except BadIdentifier as error:
            raise ValidationError(str(error)) from None


class Moment(fields.String):
    """A date-time with offset, loaded as microseconds since 1970 in UTC."""

    def __init__(self, *, or_date: bool = False, **more: Any) -> None:
        super().__init__(error_messages=expecting("a date-time with offset"), **more)
        self.read = moment_or_date if or_date else moment

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if type(value) is not str:
            raise self.make_error("invalid")
        try:
            return self.read(value)
        except BadMoment as error:
            raise ValidationError(str(error)) from None


def by_path(messages: Any, path: str = "") -> dict[str, list[str]]:
    """Flatten marshmallow's nested messages into dotted path -> reasons."""
    if isinstance(messages, list):
        return {path: [str(each) for each in messages]}
    flat: dict[str, list[str]] = {}
    for key, inner in messages.items():
        step = "" if key == "_schema" else str(key)
        flat |= by_path(inner, ".".join(each for each in (path, step) if each))
    return flat
