"""Reasons that stay, and reasons that chance decides."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskscore.product.spec import Product
from tests.training.conftest import Run
from training.assess.reasons import reason_stability
from training.datasets import Source
from training.read import read_dataset


def test_strong_effects_keep_their_reasons_and_noise_does_not(
    registrations: Product, frame: pd.DataFrame, tmp_path: Path
) -> None:
    noise = frame.assign(label=(np.random.default_rng(0).random(len(frame)) < 0.2).astype(int))
    found = []
    for name, rows in (("strong", frame), ("noise", noise)):
        path = tmp_path / f"{name}.csv"
        rows.to_csv(path, index=False)
        dataset = read_dataset(registrations, Source(path=path))
        found.append(reason_stability(dataset, refits=4))

    strong, weak = found
    assert strong.first > 0.6
    assert strong.first > weak.first
    assert strong.top > weak.top + 0.2
    for each in found:
        assert each.lowest <= each.first
        assert each.first_interval.low <= each.first <= each.first_interval.high
        assert 0 <= each.top <= 1
        assert each.rows >= 1


def test_the_same_seed_gives_the_same(registrations: Product, csv: Path) -> None:
    dataset = read_dataset(registrations, Source(path=csv))

    one, other = (reason_stability(dataset, refits=2, seed=3) for _ in range(2))

    assert one == other


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_the_command_says_it(toml: Path, csv: Path, run: Run, options: tuple[str, ...]) -> None:
    result = run("reasons", toml, csv, "--refits", 2, *options)

    if options:
        found = json.loads(result.stdout)
        assert found["refits"] == 2
        assert found["first_interval"][0] <= found["first"] <= found["first_interval"][1]
    else:
        assert "the first code stays in" in result.stdout
