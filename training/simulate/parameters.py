"""The parameter file, read into frozen records.

Every number of the country is in ``parameters.toml`` with its source beside it; code holds none.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from training.simulate.crime_parameters import Crime, Mules
from training.simulate.honest_parameters import (
    Calendar,
    Dealers,
    Kind,
    Openings,
    People,
    Registrations,
    Weeks,
)
from training.simulate.laws import ORDINARY, Law
from training.simulate.record_parameters import Labels, Noise, Product, Sensor

FILE = Path(__file__).with_name("parameters.toml")
Record = TypeVar("Record")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Everything the country is made from."""

    kinds: dict[str, Kind]
    people: People
    dealers: Dealers
    calendar: Calendar
    registrations: Registrations
    openings: Openings
    weeks: Weeks
    crime: Crime
    mules: Mules
    noise: Noise
    labels: Labels
    products: dict[str, Product]


def read_parameters(file: Path = FILE) -> Parameters:
    table = tomllib.loads(file.read_text("utf-8"))
    plain = {each.name: each.type for each in fields(Parameters)}
    plain.pop("kinds")
    plain.pop("products")
    records: dict[str, Any] = {name: record(cls, table[name]) for name, cls in plain.items()}  # type: ignore[arg-type]
    return Parameters(
        kinds={name: record(Kind, each) for name, each in table["kinds"].items()},
        products={name: product(each) for name, each in table["products"].items()},
        **records,
    )


def record(cls: type[Record], table: Mapping[str, Any]) -> Record:
    return cls(**{name: frozen(value) for name, value in table.items()})


def frozen(value: Any) -> Any:
    match value:
        case list():
            return tuple(value)
        case dict():
            return {name: frozen(each) for name, each in value.items()}
        case _:
            return value


def product(table: Mapping[str, Any]) -> Product:
    manners = tuple(table["manners"])
    return Product(
        manners=manners,
        laws=tuple(law(name, each, manners) for name, each in table["traces"].items()),
        sensors=tuple(record(Sensor, {"name": n} | each) for n, each in table["sensors"].items()),
    )


def law(name: str, table: Mapping[str, Any], manners: tuple[str, ...]) -> Law:
    if unknown := table.keys() - {*manners, "law", "part", "words"}:
        raise ValueError(f"trace {name}: no such manner: {sorted(unknown)}")
    rows = [np.ravel(table.get(each, table[ORDINARY])).astype(float) for each in manners]
    return Law(
        name=name,
        kind=table["law"],
        part=table["part"],
        numbers=np.array(rows),
        words=tuple(table.get("words", ())),
    )
