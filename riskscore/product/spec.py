"""The parts of a product declaration.

A product is declared once, in a TOML file, and never described again: the request schema, the
API documentation, the training frame, the column order and the reasons all derive from the
objects below.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Literal, get_args

from riskscore.product.recipe import Recipe

Monotone = Literal["increasing", "decreasing"]
Format = Literal["plain", "e164", "imei", "iccid", "iban"]
Measure = Literal[
    "count",
    "distinct",
    "latest",
    "seconds_since_latest",
    "share",
    "confirmed",
    "confirmed_rate",
]
FORMATS: tuple[Format, ...] = get_args(Format)
MEASURES: tuple[Measure, ...] = get_args(Measure)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """An identifier that links applications; never a model input."""

    name: str
    format: Format = "plain"
    doc: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What every model column declares, whoever provides its values."""

    name: str
    code: str  # reason code; columns that share one are one reason
    reason: Mapping[str, str]  # language -> text with {value}
    doc: str = ""
    unit: str = ""
    group: str = ""
    monotone: Monotone | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent(Column):
    """A column whose values the caller sends."""

    missing: bool = False  # may be absent or null
    protected: bool = False  # measured for fairness, never a reason
    model: bool = True  # may the model see it? a protected one only if the file says so


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Sent):
    """A quantity within closed bounds, in its declared unit."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Integer(Sent):
    """A whole quantity within closed bounds."""

    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag(Sent):
    """True or false."""


@dataclass(frozen=True, kw_only=True)
class Category(Sent):
    """One of a closed list of words; a word's place in the list is its code."""

    values: tuple[str, ...]

    @cached_property
    def codes(self) -> dict[str, int]:
        return {word: code for code, word in enumerate(self.values)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """A filter on earlier applications: their feature equals this value."""

    feature: str
    equals: str | bool | float


@dataclass(frozen=True, slots=True, kw_only=True)
class History(Column):
    """A column computed from earlier applications and outcomes of the same entity."""

    of: str  # product whose applications are looked at
    entity: str
    measure: Measure
    window: timedelta
    what: str | None = None  # distinct: an entity; latest: "score" or a feature
    where: Where | None = None
    base_rate: float | None = None  # confirmed_rate only


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived(Column):
    """A column computed from two others of the same row."""

    kind: Literal["ratio", "difference"]
    of: tuple[str, str]


Input = Number | Integer | Flag | Category
Feature = Input | History | Derived


@dataclass(frozen=True, kw_only=True)
class Product:
    """What one kind of application consists of.

    Attributes:
        inputs: Every declared input in declared order, those outside the model too.
        source: The text of the file this was read from; a bundle carries it unchanged.
    """

    name: str
    title: str
    version: int
    entities: tuple[Entity, ...]
    inputs: tuple[Input, ...]
    history: tuple[History, ...]
    derived: tuple[Derived, ...]
    recipe: Recipe
    source: str

    @property
    def slug(self) -> str:
        """The name as it stands in a URL."""
        return self.name.replace("_", "-")

    @cached_property
    def columns(self) -> tuple[Feature, ...]:
        """The model's columns, in model order."""
        return (*(each for each in self.inputs if each.model), *self.history, *self.derived)

    @cached_property
    def computable(self) -> tuple[Feature, ...]:
        """The model's columns, each derived one after the two it is made of."""
        done: dict[str, Feature] = {
            each.name: each for each in self.columns if not isinstance(each, Derived)
        }
        while waiting := [each for each in self.derived if each.name not in done]:
            ready = [each for each in waiting if done.keys() >= set(each.of)]
            if not ready:
                raise ValueError(f"derived in a circle: {', '.join(each.name for each in waiting)}")
            done |= {each.name: each for each in ready}
        return tuple(done.values())

    @cached_property
    def codes(self) -> Mapping[str, tuple[int, ...]]:
        """Reason code -> places of its model columns; protected columns have none."""
        hidden = {each.name for each in self.inputs if each.protected}
        places: dict[str, tuple[int, ...]] = {}
        for place, each in enumerate(self.columns):
            if each.name not in hidden:
                places[each.code] = (*places.get(each.code, ()), place)
        return places
