"""What young rows are worth: the delay is recovered from outcomes that were cut off."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskscore.product.spec import Product
from tests.training.conftest import Run
from tests.training.late import AS_OF, spread, write_events
from training.bootstrap import DAY
from training.datasets import Source
from training.lateness import LEAST, Lateness, lateness
from training.precision import precisions, worth
from training.read import read_dataset


def found_frauds(seed: int, count: int = 4_000) -> tuple[np.ndarray, np.ndarray]:
    """Return moments of frauds and of their outcomes, a median of 30 days later, all by AS_OF."""
    rng = np.random.default_rng(seed)
    occurred = rng.integers(0, AS_OF, count)
    known = occurred + (rng.exponential(30 / np.log(2), count) * DAY).astype(np.int64)
    return occurred[known <= AS_OF], known[known <= AS_OF]


def estimated(seed: int, count: int = 4_000) -> Lateness:
    found = lateness(*found_frauds(seed, count), AS_OF)
    assert found is not None
    return found


def test_the_delay_is_recovered_though_late_outcomes_are_missing() -> None:
    found = estimated(1)

    assert found.quantile(0.5) == pytest.approx(30, rel=0.1)
    by = found.share_by(np.array([10.0, 60.0, 120.0]))
    assert by == pytest.approx([0.206, 0.75, 0.9375], abs=0.04)


def test_plain_delays_would_look_shorter() -> None:
    occurred, known = found_frauds(1)
    recent = occurred > AS_OF - 60 * DAY
    plain = np.median((known - occurred)[recent] / DAY)

    found = lateness(occurred[recent], known[recent], AS_OF)

    assert found is not None
    assert plain < 20
    assert found.quantile(0.5) > plain


def test_shares_rise_from_nothing_to_all() -> None:
    found = estimated(2, 600)

    assert (np.diff(found.found) >= 0).all()
    assert found.share_by(np.array([-1.0, 1e6])).tolist() == [0, 1]
    assert found.as_record()["median_days"] <= found.as_record()["days_until_90_percent"]


def test_weighed_frauds_are_as_many_as_there_will_be() -> None:
    """Of frauds old enough to be used, the weights add up to those that happened."""
    rng = np.random.default_rng(3)
    occurred = rng.integers(0, AS_OF, 20_000)
    known = occurred + (rng.exponential(30 / np.log(2), 20_000) * DAY).astype(np.int64)
    seen = known <= AS_OF
    found = lateness(occurred[seen], known[seen], AS_OF)
    assert found is not None
    share = found.share_by((AS_OF - occurred) / DAY)

    used = share >= LEAST
    young = used & (occurred > AS_OF - 60 * DAY)

    for rows in (used, young):
        weighed = (1 / share)[rows & seen].sum()
        assert weighed == pytest.approx(rows.sum(), rel=0.06)


def test_too_few_say_nothing() -> None:
    assert lateness(*found_frauds(1, 80), AS_OF) is None


def test_who_is_often_wrong_is_worth_less() -> None:
    outcomes = pd.DataFrame({"source": ["reported"] * 100 + ["listed"] * 100 + ["rare"]})
    standing = pd.Series([True] * 60 + [False] * 40 + [True] * 100 + [False])

    found = precisions(outcomes, standing)

    assert found["reported"] == pytest.approx(70 / 110)
    assert found["listed"] == 1
    assert found["rare"] > 0.9
    assert worth(np.array(["reported", "unheard"], object), found).tolist() == [70 / 110, 1]


@pytest.fixture
def country(tmp_path: Path, frame: pd.DataFrame) -> Path:
    """An event folder whose outcomes come a median of 30 days late."""
    rng = np.random.default_rng(5)
    rows = spread(frame, rng)
    frauds = np.flatnonzero(rows["label"] == 1)
    days = rng.exponential(43, len(frauds))
    return write_events(
        tmp_path / "events", rows, frauds, days, status="confirmed", source="reported"
    )


def test_young_rows_are_left_out_and_found_frauds_stand_for_those_to_come(
    country: Path, registrations: Product
) -> None:
    plain = read_dataset(registrations, Source(path=country, as_of=AS_OF))
    weighed = read_dataset(registrations, Source(path=country, as_of=AS_OF, weighed=True))

    assert plain.worth is None
    assert weighed.worth is not None
    assert len(plain) - len(weighed) == weighed.worth["too_young"] > 200
    assert set(plain.weights) == {1.0}
    assert weighed.weights[weighed.labels == 0].tolist() == [1.0] * int((weighed.labels == 0).sum())
    assert weighed.weights.max() <= 1 / LEAST
    share = np.average(weighed.labels, weights=weighed.weights)
    whole = read_dataset(registrations, Source(path=country))
    assert share == pytest.approx(whole.labels.mean(), rel=0.05)
    assert plain.labels.mean() < 0.9 * whole.labels.mean()


def test_the_manifest_says_what_rows_were_worth(
    country: Path, toml: Path, tmp_path: Path, run: Run
) -> None:
    as_of = ["--as-of", "1970-10-28"]
    run("fit", toml, country, "--out", tmp_path / "weighed", "--weighed", *as_of)
    run("fit", toml, country, "--out", tmp_path / "plain", *as_of)

    made = (tmp_path / "weighed/registrations/1/manifest.json").read_text("utf-8")
    assert '"median_days"' in made
    assert '"reported"' in made
    assert '"worth"' not in (tmp_path / "plain/registrations/1/manifest.json").read_text("utf-8")
