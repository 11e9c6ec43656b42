"""The form of a file of rules, read strictly: a rule read wrongly would be judged wrongly."""

import tomllib
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from riskscore.product.fields import Strict, StrictFlag, StrictNumber, by_path, expecting
from riskscore.product.form import FLOAT32, ConstantField, Text, column_name
from riskscore.product.spec import Category, Feature, Flag, Product
from riskscore.product.toml import built_in, read_product, with_history
from training.backtest.rules import LOOKS, Condition, Rule, Rules
from training.errors import RulesInvalid

BOUNDS = ("at_least", "at_most", "above", "below")


def bound() -> StrictNumber:
    return StrictNumber("a number that float32 holds", -FLOAT32, FLOAT32)


class ConditionForm(Strict):
    feature = column_name(required=True)
    at_least = bound()
    at_most = bound()
    above = bound()
    below = bound()
    equals = ConstantField(error_messages=expecting("a word, a number, true or false"))
    missing = StrictFlag()

    @validates_schema
    def something(self, loaded: dict[str, Any], **_: object) -> None:
        if loaded.keys() <= {"feature"}:
            raise ValidationError(f"expected one of {', '.join((*BOUNDS, 'equals', 'missing'))}")


def conditions() -> fields.List:
    wanted = "a list of {feature = ..., at_least = ...}"
    return fields.List(
        fields.Nested(ConditionForm(), error_messages={"type": f"expected {wanted[10:]}"}),
        validate=validate.Length(min=1, error="expected at least one condition"),
        error_messages=expecting(wanted),
    )


class RuleForm(Strict):
    name = Text("text", required=True)
    doc = Text("text")
    points = StrictNumber("a number above 0", 1e-6, 1e6)
    all = conditions()
    any = conditions()

    @validates_schema
    def something(self, loaded: dict[str, Any], **_: object) -> None:
        if not loaded.keys() & {"all", "any"}:
            raise ValidationError("expected all, any, or both")


class RulesForm(Strict):
    """The file as a whole; each rule is read with its own form."""

    product = Text("the name of a built-in product, or of a product file", required=True)
    alert_from = StrictNumber("a number above 0", 1e-6, 1e9)
    looks = fields.List(Text("text"), error_messages=expecting("a list of words"))
    history = fields.List(fields.Dict(), error_messages=expecting("[[history]] tables"))
    rule = fields.List(
        fields.Dict(),
        required=True,
        validate=validate.Length(min=1, error="expected at least one [[rule]]"),
        error_messages=expecting("[[rule]] tables"),
    )


def read_rules(path: Path, product: Product | None = None) -> Rules:
    """Read a file of rules.

    Args:
        path: The file.
        product: As a bundle declares it; else the built-in one of the name that the file says, or
            the product file that it names, from its own folder on.

    Raises:
        RulesInvalid: It is not there, not TOML, or breaks the form; file, key and reason are said.
        ProductInvalid: There is no such product, or a history column breaks its form.
    """
    top = _load(RulesForm(), _parsed(path), str(path))
    said, file = top["product"], path.parent / top["product"]
    named = read_product(said if said in built_in() else file)
    if product is not None and product.name != named.name:
        raise RulesInvalid(f"{path}: product: is {named.name}: expected {product.name}")
    of = product or named
    longer = with_history(of, top.get("history", []), str(path))
    known = {each.name: each for each in (*of.inputs, *longer.history, *of.derived)}
    rules = tuple(
        _rule(table, known, f"{path}: {_place(table, number)}")
        for number, table in enumerate(top["rule"], start=1)
    )
    if twice := [each.name for each in rules if sum(each.name == it.name for it in rules) > 1]:
        raise RulesInvalid(f"{path}: rule {twice[0]}: name: stands more than once: expected once")
    return Rules(
        path=path,
        product=of,
        rules=rules,
        history=longer.history[len(of.history) :],
        alert_from=top.get("alert_from", 1.0),
        looks=tuple(top.get("looks", LOOKS)),
        declarations=() if said in built_in() else (file.parent,),
    )


def _place(table: dict[str, Any], number: int) -> str:
    name = table.get("name")
    return f"rule {name if isinstance(name, str) else number}"


def _rule(table: dict[str, Any], known: dict[str, Feature], where: str) -> Rule:
    loaded = _load(RuleForm(), table, where)
    for key in ("all", "any"):
        loaded[key] = tuple(
            _condition(each, known, f"{where}: {key}.{place}")
            for place, each in enumerate(loaded.get(key, []))
        )
    return Rule(**loaded)


def _condition(loaded: dict[str, Any], known: dict[str, Feature], where: str) -> Condition:
    name = loaded["feature"]
    if name not in known:
        raise RulesInvalid(
            f"{where}.feature: {name!r} is no column of the product: declare it as [[history]], "
            "or expected one of its features"
        )
    asked = loaded.keys() & set(BOUNDS)
    match known[name]:
        case Category(values=words, codes=codes):
            if asked:
                raise RulesInvalid(f"{where}.{min(asked)}: {name} has words: expected equals")
            return Condition(**_equal(loaded, dict(codes), where, f"one of {', '.join(words)}"))
        case Flag():
            if asked:
                raise RulesInvalid(f"{where}.{min(asked)}: {name} is a flag: expected equals")
            return Condition(**_equal(loaded, {True: 1, False: 0}, where, "true or false"))
        case _:
            if type(loaded.get("equals", 0)) not in {int, float}:
                raise RulesInvalid(f"{where}.equals: expected a number")
            return Condition(**loaded)


def _equal(
    loaded: dict[str, Any], codes: dict[Any, int], where: str, wanted: str
) -> dict[str, Any]:
    if "equals" not in loaded:
        return loaded
    value = loaded["equals"]
    if type(value) is not type(next(iter(codes))) or value not in codes:
        raise RulesInvalid(f"{where}.equals: expected {wanted}")
    return loaded | {"equals": float(codes[value])}


def _load(schema: Schema, table: Any, where: str) -> Any:
    try:
        return schema.load(table)
    except ValidationError as error:
        told = [
            ": ".join(each for each in (key, reasons[0]) if each)
            for key, reasons in by_path(error.messages).items()
        ]
        raise RulesInvalid(f"{where}: {' | '.join(told)}") from error


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RulesInvalid(f"{path}: expected a TOML file of rules: {error}") from error
