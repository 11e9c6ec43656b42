"""The form of a product file: which keys each table has, and what each must be."""

import re
from datetime import timedelta
from typing import Any

import numpy as np
from marshmallow import fields, post_load, validate

from riskscore.product import spec
from riskscore.product.fields import (
    Strict,
    StrictFlag,
    StrictInteger,
    StrictNumber,
    Word,
    expecting,
)
from riskscore.product.recipe import Recipe

FLOAT32 = float(np.finfo(np.float32).max)
WINDOW = re.compile(r"([1-9]\d{0,5})([mhd])", re.ASCII)
WINDOW_UNIT = {"m": "minutes", "h": "hours", "d": "days"}
PLACEHOLDER = re.compile(r"\{[^}]*\}|[{}]")


class Text(fields.String):
    """Text without control characters, of bounded length."""

    def __init__(self, what: str, pattern: str = r"[^\x00-\x1f]{1,500}", **more: Any) -> None:
        super().__init__(error_messages=expecting(what), **more)
        self.pattern = re.compile(pattern)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if not isinstance(value, str) or not self.pattern.fullmatch(value):
            raise self.make_error("invalid")
        return value


def snake(**more: Any) -> Text:
    return Text("a name in lower snake case", r"[a-z][a-z0-9]*(_[a-z0-9]+)*", **more)


def column_name(**more: Any) -> Text:
    return Text(
        "a column name of 1 to 64 characters", r"[^\s\x00-\x1f]([^\x00-\x1f]{0,62}\S)?", **more
    )


class ReasonText(Text):
    """A sentence in which ``{value}`` is the only placeholder."""

    def __init__(self, **more: Any) -> None:
        super().__init__("a sentence with {value} as its only placeholder", **more)

    def _deserialize(self, value: Any, *args: Any, **more: Any) -> str:
        text = str(super()._deserialize(value, *args, **more))
        if set(PLACEHOLDER.findall(text)) - {"{value}"}:
            raise self.make_error("invalid")
        return text


class Window(fields.String):
    """A span such as 7d, loaded as timedelta."""

    def __init__(self, **more: Any) -> None:
        super().__init__(error_messages=expecting("a span such as 30m, 24h or 7d"), **more)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        match = WINDOW.fullmatch(value) if isinstance(value, str) else None
        if not match:
            raise self.make_error("invalid")
        return timedelta(**{WINDOW_UNIT[match[2]]: int(match[1])})


class ReasonForm(Strict):
    en = ReasonText()
    th = ReasonText()


class EntityNameForm(Strict):
    name = snake()


class EntityForm(Strict):
    format = Word(spec.FORMATS)
    doc = Text("text")
    required = StrictFlag()


class ColumnForm(Strict):
    name = column_name(required=True)
    doc = Text("text")
    unit = Text("text")
    group = Text("text")
    code = Text("a reason code in upper snake case", r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
    reason = fields.Nested(
        ReasonForm(), error_messages={"type": "expected reason.en and, if wanted, reason.th"}
    )

    @post_load
    def default_texts(self, loaded: dict[str, Any], **_: object) -> dict[str, Any]:
        """Let a first draft leave out what only the reader of a reason needs."""
        plain = loaded["name"].replace("_", " ")
        code = re.sub(r"[^A-Z0-9]+", "_", loaded["name"].upper()).strip("_") or "FEATURE"
        reason = {"en": f"{plain[:1].upper()}{plain[1:]}: {{value}}"}
        return {"code": code} | loaded | {"reason": reason | loaded.get("reason", {})}


class MonotoneForm(ColumnForm):
    monotone = Word(("increasing", "decreasing"))


class InputForm(ColumnForm):
    kind = fields.String(required=True, load_only=True)
    missing = StrictFlag()
    protected = StrictFlag()
    model = StrictFlag()


class NumberForm(InputForm, MonotoneForm):
    low = StrictNumber("a number that float32 holds", -FLOAT32, FLOAT32, required=True)
    high = StrictNumber("a number that float32 holds", -FLOAT32, FLOAT32, required=True)


class IntegerForm(InputForm, MonotoneForm):
    low = StrictInteger("a whole number that float32 holds", -FLOAT32, FLOAT32, required=True)
    high = StrictInteger("a whole number that float32 holds", -FLOAT32, FLOAT32, required=True)


class FlagForm(InputForm, MonotoneForm):
    pass


class CategoryForm(InputForm):
    values = fields.List(
        Text("a word without blanks around it", r"(?!\s)[^\x00-\x1f]{1,500}(?<!\s)"),
        required=True,
        validate=validate.Length(min=1, max=1000, error="expected 1 to 1000 words"),
        error_messages=expecting("a list of words"),
    )


class ConstantField(fields.Field):
    """What a filter compares with: text, number or flag."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if not isinstance(value, str | int | float):
            raise self.make_error("invalid")
        return value


class WhereForm(Strict):
    feature = column_name(required=True)
    equals = ConstantField(
        required=True, error_messages=expecting("a word, a number, true or false")
    )


class HistoryForm(MonotoneForm):
    of = snake(required=True)
    entity = snake(required=True)
    measure = Word(spec.MEASURES, required=True)
    window = Window(required=True)
    what = column_name()
    where = fields.Nested(
        WhereForm(), error_messages={"type": "expected {feature = ..., equals = ...}"}
    )
    base_rate = StrictNumber("a share between 0 and 1", 1e-9, 1 - 1e-9)


class DerivedForm(MonotoneForm):
    kind = Word(("ratio", "difference"), required=True)
    of = fields.List(
        column_name(),
        required=True,
        validate=validate.Length(equal=2, error="expected two column names"),
        error_messages=expecting("two column names"),
    )


class RecipeForm(Strict):
    """Overrides of ``Recipe``."""

    rounds = StrictInteger("a whole number from 1 to 100000", 1, 100_000)
    patience = StrictInteger("a whole number from 1 to 10000", 1, 10_000)
    eta = StrictNumber("a number above 0 and up to 1", 1e-6, 1)
    depth = StrictInteger("a whole number from 1 to 16", 1, 16)
    min_child_weight = StrictNumber("a number from 0", 0, FLOAT32)
    subsample = StrictNumber("a share above 0 and up to 1", 1e-3, 1)
    colsample = StrictNumber("a share above 0 and up to 1", 1e-3, 1)
    l2 = StrictNumber("a number from 0", 0, FLOAT32)
    gamma = StrictNumber("a number from 0", 0, FLOAT32)
    bins = StrictInteger("a whole number from 2 to 65536", 2, 65_536)
    trees_per_round = StrictInteger("a whole number from 1 to 100", 1, 100)
    review_fpr = StrictNumber("a share between 0 and 1", 1e-6, 1 - 1e-6)
    block_fpr = StrictNumber("a share between 0 and 1", 1e-6, 1 - 1e-6)
    history_masking = StrictNumber("a share from 0, below 1", 0, 1 - 1e-6)

    @post_load
    def make(self, loaded: dict[str, Any], **_: object) -> Recipe:
        return Recipe(**loaded)


class ProductForm(Strict):
    """The file as a whole; the tables inside are read one by one, each with its own form."""

    product = snake(required=True)
    title = Text("text", required=True)
    version = StrictInteger("a whole number from 1", 1, 1_000_000, required=True)
    entities = fields.Dict(error_messages=expecting("[entities.<name>] tables"))
    feature = fields.List(fields.Dict(), error_messages=expecting("[[feature]] tables"))
    history = fields.List(fields.Dict(), error_messages=expecting("[[history]] tables"))
    derived = fields.List(fields.Dict(), error_messages=expecting("[[derived]] tables"))
    training = fields.Dict(error_messages=expecting("a [training] table"))


INPUTS = {
    "number": (NumberForm(), spec.Number),
    "integer": (IntegerForm(), spec.Integer),
    "flag": (FlagForm(), spec.Flag),
    "category": (CategoryForm(), spec.Category),
}
