"""Sensors see traces; traces hold no secrets."""

import ast
from collections.abc import Callable
from dataclasses import fields
from inspect import getmembers, isfunction, signature
from pathlib import Path

import numpy as np
import pytest

from training.simulate import sensors
from training.simulate.acts import Acts, OpeningActs, SimActs, WeekActs
from training.simulate.country import Country
from training.simulate.traces import SECRET, Traces

SEEN = {"at", "vendor", "values", "words", "entities"}


def imported(module: Path) -> set[str]:
    tree = ast.parse(module.read_text("utf-8"))
    return {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def test_traces_have_room_for_nothing_but_what_happened() -> None:
    assert {each.name for each in fields(Traces)} == SEEN


@pytest.mark.parametrize("secret", sorted(SECRET))
def test_traces_refuse_a_secret(secret: str) -> None:
    with pytest.raises(ValueError, match=secret):
        Traces(
            at=np.zeros(1, np.int64),
            vendor=np.zeros(1, np.int64),
            values={secret: np.zeros(1)},
            words={},
            entities={},
        )


def test_every_act_that_tells_who_did_it_is_a_secret() -> None:
    told = {
        "role",
        "manner",
        "cover",
        "boldness",
        "case",
        "aging",
        "use_from",
        "use_until",
        "label",
    }
    known = {each.name for kind in (Acts, SimActs, OpeningActs, WeekActs) for each in fields(kind)}

    assert told <= known
    assert told <= SECRET


def test_sensors_cannot_reach_acts_or_labels() -> None:
    reached = imported(Path(sensors.__file__))

    assert not {each for each in reached if each.startswith("training")} - {
        "training.simulate.arrays",
        "training.simulate.record_parameters",
        "training.simulate.traces",
    }


@pytest.mark.parametrize("sensor", [each for _, each in getmembers(sensors, isfunction)])
def test_no_sensor_takes_acts(sensor: Callable[..., object]) -> None:
    taken = [str(each.annotation) for each in signature(sensor).parameters.values()]

    assert not [each for each in taken if "Acts" in each or "Case" in each]


def test_no_value_of_the_traces_is_the_truth_itself(small: Country) -> None:
    for each in small.events:
        fraud = each.case.fraud.astype(float)
        for name, values in each.case.traces.values.items():
            assert not np.array_equal(values, fraud), name
