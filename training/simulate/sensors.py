"""Instruments: each reads one trace, with error.

A sensor is noisy, fails now and then, clips to what its product declares, and a vendor's may be
badly adjusted. It is given traces and nothing else.
"""

from functools import cache

import numpy as np

from riskscore.product.spec import Category, Flag, Input, Integer, Number
from riskscore.product.toml import read_product
from training.simulate.arrays import Floats
from training.simulate.record_parameters import Product, Sensor
from training.simulate.traces import Traces


@cache
def inputs(product: str) -> tuple[Input, ...]:
    """Return what a built-in product asks its callers for, in its order."""
    return read_product(product).inputs


def readings(
    product: Product, name: str, traces: Traces, rng: np.random.Generator, *, vendors: int
) -> dict[str, Floats]:
    """Read every input of a product; words come as places in the declared list, NaN is missing."""
    sensors = {each.name: each for each in product.sensors}
    return {
        each.name: reading(sensors[each.name], each, traces, rng, vendors=vendors)
        for each in inputs(name)
    }


def reading(
    sensor: Sensor, declared: Input, traces: Traces, rng: np.random.Generator, *, vendors: int
) -> Floats:
    truth = traces.values[sensor.reads]
    match declared:
        case Category(values=values):
            seen = spelled(truth, traces.words[sensor.reads], values)
            seen = misread(seen, sensor.error, rng)
        case Flag():
            flipped = rng.random(len(truth)) < sensor.error
            seen = np.where(flipped, 1 - truth, truth)
        case Number() | Integer():
            seen = measured(sensor, declared, traces, rng, vendors=vendors)
    lost = rng.random(len(truth)) < sensor.missing
    return np.where(lost | np.isnan(truth), np.nan, seen)


def spelled(truth: Floats, words: tuple[str, ...], declared: tuple[str, ...]) -> Floats:
    """Turn places in the trace's words into places in the product's."""
    places = np.array([*(declared.index(each) for each in words), np.nan])
    return places[np.where(np.isnan(truth), len(words), truth).astype(np.int64)]


def misread(seen: Floats, share: float, rng: np.random.Generator) -> Floats:
    """Put some other application's word in place of the right one."""
    if share == 0:
        return seen
    other = seen[rng.integers(0, len(seen), len(seen))]
    wrong = (rng.random(len(seen)) < share) & ~np.isnan(other)
    return np.where(wrong, other, seen)


def measured(
    sensor: Sensor,
    declared: Number | Integer,
    traces: Traces,
    rng: np.random.Generator,
    *,
    vendors: int,
) -> Floats:
    """Add noise and miscalibration, round as the instrument rounds, clip to what is declared."""
    truth = traces.values[sensor.reads]
    seen = truth + sensor.vendor * rng.standard_normal(vendors)[traces.vendor]
    if sensor.error:
        seen = seen + sensor.error * rng.standard_normal(len(truth))
    if sensor.relative:
        seen = seen * np.exp(sensor.relative * rng.standard_normal(len(truth)))
    decimals = 0 if isinstance(declared, Integer) else sensor.decimals
    return np.asarray(np.round(seen, decimals).clip(declared.low, declared.high))
