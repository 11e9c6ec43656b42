"""Instruments: each reads one trace, with error.

A sensor is noisy, fails now and then, clips to what its product declares, and a vendor's may be
badly adjusted. It is given traces and nothing else.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import riskscore.product
from training.simulate.arrays import Floats
from training.simulate.parameters import Product, Sensor
from training.simulate.traces import Traces

CATALOG = Path(riskscore.product.__file__).parent / "catalog"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What a product declares of one input: its kind, bounds and words."""

    name: str
    kind: str
    low: float
    high: float
    words: tuple[str, ...]


def scales(product: str) -> tuple[Scale, ...]:
    """Read the inputs that a built-in product declares, in its order."""
    table = tomllib.loads((CATALOG / f"{product}.toml").read_text("utf-8"))
    return tuple(
        Scale(
            name=each["name"],
            kind=each["kind"],
            low=each.get("low", 0.0),
            high=each.get("high", 1.0),
            words=tuple(each.get("values", ())),
        )
        for each in table["feature"]
    )


def readings(
    product: Product, name: str, traces: Traces, rng: np.random.Generator, *, vendors: int
) -> dict[str, Floats]:
    """Read every input of a product; words come as places in the declared list, NaN is missing."""
    sensors = {each.name: each for each in product.sensors}
    return {
        scale.name: reading(sensors[scale.name], scale, traces, rng, vendors=vendors)
        for scale in scales(name)
    }


def reading(
    sensor: Sensor, scale: Scale, traces: Traces, rng: np.random.Generator, *, vendors: int
) -> Floats:
    truth = traces.values[sensor.reads]
    match scale.kind:
        case "category":
            seen = misread(spelled(truth, traces.words[sensor.reads], scale), sensor.error, rng)
        case "flag":
            flipped = rng.random(len(truth)) < sensor.error
            seen = np.where(flipped, 1 - truth, truth)
        case _:
            seen = measured(sensor, scale, traces, rng, vendors=vendors)
    lost = rng.random(len(truth)) < sensor.missing
    return np.where(lost | np.isnan(truth), np.nan, seen)


def spelled(truth: Floats, words: tuple[str, ...], scale: Scale) -> Floats:
    """Turn places in the trace's words into places in the product's."""
    places = np.array([*(scale.words.index(each) for each in words), np.nan])
    return places[np.where(np.isnan(truth), len(words), truth).astype(np.int64)]


def misread(seen: Floats, share: float, rng: np.random.Generator) -> Floats:
    """Put some other application's word in place of the right one."""
    if share == 0:
        return seen
    other = seen[rng.integers(0, len(seen), len(seen))]
    wrong = (rng.random(len(seen)) < share) & ~np.isnan(other)
    return np.where(wrong, other, seen)


def measured(
    sensor: Sensor, scale: Scale, traces: Traces, rng: np.random.Generator, *, vendors: int
) -> Floats:
    """Add noise and miscalibration, round as the instrument rounds, clip to what is declared."""
    truth = traces.values[sensor.reads]
    seen = truth + sensor.vendor * rng.standard_normal(vendors)[traces.vendor]
    if sensor.error:
        seen = seen + sensor.error * rng.standard_normal(len(truth))
    if sensor.relative:
        seen = seen * np.exp(sensor.relative * rng.standard_normal(len(truth)))
    decimals = 0 if scale.kind == "integer" else sensor.decimals
    return np.asarray(np.round(seen, decimals).clip(scale.low, scale.high))
