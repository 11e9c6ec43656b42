"""A backtest judges both sides fairly: on later time, on the same rows, by what was known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskscore.product.moments import moment_in_file, moment_or_date
from riskscore.product.toml import read_file
from tests.training.backtest.conftest import RULES, Prospect
from training.assess.intervals import Drawing
from training.backtest.gather import Ask, Record, backtest
from training.backtest.ours import between, walked_forward
from training.backtest.period import Period, period
from training.datasets import Source
from training.errors import (
    ColumnsMissing,
    NotComparable,
    OptionInvalid,
    RulesInvalid,
    TooFewRows,
)
from training.events import read_events
from training.lateness import Lateness
from training.pipeline import Order, fit

HOW = Drawing(60)
MAY, JUNE, END = (moment_or_date(f"2026-0{month}-01T00:00:00Z") for month in (5, 6, 7))


@pytest.fixture(scope="module")
def record(prospect: Prospect) -> Record:
    return backtest(prospect.source, Ask(rules=prospect.rules, fits=2), HOW)


def own(record: Record) -> Record:
    point: Record = record["by_alerts"][record["own"]]
    return point


def test_at_their_own_number_the_rules_alert_each_of_their_hits(
    record: Record, prospect: Prospect
) -> None:
    rows = judged(record, prospect)
    live = (rows["liveness"] < 0.1) & (rows["channel"] == "online")
    hits = rows[(rows["sims"] >= 25) | live]

    assert own(record)["rules"]["alerts"]["value"] == len(hits)
    assert own(record)["rules"]["frauds"]["value"] == hits["fraud"].sum()
    assert own(record)["model"]["alerts"]["value"] == pytest.approx(len(hits))


def judged(record: Record, prospect: Prospect) -> pd.DataFrame:
    rows = prospect.applications
    times = rows["occurred_at"]
    first = pd.Timestamp(record["judged_on"]["from"])
    last = pd.Timestamp(record["judged_on"]["to"])
    return rows[(times >= first) & (times <= last)]


def test_the_parts_of_the_swap_set_add_up(record: Record) -> None:
    for point in record["by_alerts"]:
        if point["swap"] is None:
            continue
        cells = point["swap"]
        for what in ("alerts", "frauds"):
            both = cells["both"][what]["value"]
            for side in ("rules", "model"):
                total = both + cells[f"{side}_only"][what]["value"]
                assert point[side][what]["value"] == pytest.approx(total)
        for cell in cells.values():
            innocent = cell["alerts"]["value"] - cell["frauds"]["value"]
            assert cell["found_innocent"] + cell["nobody_looked"] == pytest.approx(innocent)


def test_a_model_that_sees_more_than_a_rule_finds_more_beyond_noise(record: Record) -> None:
    more = own(record)["more"]

    assert more["frauds"]["low"] > 0
    assert more["innocents_per_fraud"]["high"] < 0


def test_frauds_that_the_rules_made_somebody_find_stand_apart(
    record: Record, prospect: Prospect
) -> None:
    found = {each["because"]: each for each in record["found_how"]}
    rows = judged(record, prospect)
    owed = prospect.outcomes[prospect.outcomes["looked_because"] == "rule_hit"]["reference"]

    assert found["rules"]["frauds"] == (rows["reference"].isin(owed)).sum()
    assert found["rules"]["rules"] == found["rules"]["frauds"]
    assert found["others"]["rules"] < found["others"]["frauds"]
    assert sum(each["frauds"] for each in found.values()) == record["judged_on"]["positives"]


def test_earlier_is_the_time_from_application_to_outcome(
    record: Record, prospect: Prospect
) -> None:
    rows = judged(record, prospect).merge(prospect.outcomes, on="reference")
    days = (rows["known_at"] - rows["occurred_at"]).dt.total_seconds() / 86_400
    hits = days[rows["sims"] >= 25]

    cells = own(record)["swap"]
    low, high = cells["model_only"]["days"]["quarters"]

    assert days.min() <= low <= cells["model_only"]["days"]["value"] <= high <= days.max()
    assert cells["both"]["days"]["value"] == pytest.approx(hits.median(), rel=0.35)


def test_every_rule_is_told_on_its_own(record: Record, prospect: Prospect) -> None:
    rows = judged(record, prospect)
    many = rows["sims"] >= 25
    live = (rows["liveness"] < 0.1) & (rows["channel"] == "online")
    told = record["single"][0]

    assert (told["name"], told["alerts"]) == ("many SIMs", many.sum())
    assert told["frauds"] == (many & rows["fraud"]).sum()
    assert told["alone_alerts"] == (many & ~live).sum()


def test_more_alerts_than_the_rules_raise_are_the_models_alone(prospect: Prospect) -> None:
    found = backtest(
        prospect.source, Ask(rules=prospect.rules, fits=1, alerts_per_day=(1, 30)), HOW
    )

    beyond = found["by_alerts"][-1]
    assert (beyond["a_day"], beyond["rules"], beyond["swap"]) == (30, None, None)
    assert beyond["model"]["frauds"]["value"] > own(found)["model"]["frauds"]["value"]


def test_no_row_that_a_fit_has_seen_is_judged(record: Record) -> None:
    fits = record["model"]["fits"]

    begins = [each["as_of"] for each in fits]
    ends = [each["judged_until"] for each in fits]
    assert begins[1:] == ends[:-1]
    for each in fits:
        assert moment_in_file(each["fitted_on"]["to"]) <= moment_in_file(each["as_of"])
    assert moment_in_file(record["judged_on"]["from"]) > moment_in_file(begins[0])
    assert sum(each["judged"] for each in fits) == record["judged_on"]["rows"]


def test_what_is_found_out_after_a_moment_does_not_change_its_model(
    prospect: Prospect, tmp_path: Path
) -> None:
    """Every outcome known after the moment is turned about; the answers stay to the last bit."""
    when = Period((MAY,), JUNE)
    late = prospect.outcomes["known_at"] > pd.Timestamp(MAY, unit="us", tz="UTC")
    turned = prospect.outcomes.assign(status=np.where(late, "cleared", prospect.outcomes["status"]))
    assert late.any()
    product = read_file(prospect.product)
    answered = []
    for source in (prospect.source, prospect.with_outcomes(tmp_path, turned)):
        rows = read_events(product, source)
        answered.append(walked_forward(rows, source, when, seed=0))

    assert np.array_equal(answered[0].claimed, answered[1].claimed)
    assert np.array_equal(answered[0].places, answered[1].places)


def test_labels_by_chance_are_no_gain(prospect: Prospect, tmp_path: Path) -> None:
    """The same outcomes, about applications drawn by lot: there is nothing to find."""
    rng = np.random.default_rng(9)
    rows = prospect.applications.sample(len(prospect.outcomes), random_state=9)
    lot = prospect.outcomes.assign(
        reference=rows["reference"].to_numpy(),
        known_at=pd.DatetimeIndex(rows["occurred_at"])
        + pd.to_timedelta(rng.exponential(10, len(rows)), unit="D").round("s"),
    )
    source = prospect.with_outcomes(tmp_path, lot)

    found = backtest(source, Ask(rules=prospect.rules, fits=1), HOW)

    more = own(found)["more"]["frauds"]
    assert more["low"] <= 0 <= more["high"]


def test_the_prospects_own_alerts_can_be_a_column(record: Record, prospect: Prospect) -> None:
    ask = Ask(alerts="ours", product=read_file(prospect.product), fits=2)

    found = backtest(prospect.source, ask, HOW)

    assert own(found)["rules"]["alerts"]["value"] == record["single"][0]["alerts"]
    assert found["single"] == []


def test_a_column_that_is_not_there_is_refused(prospect: Prospect) -> None:
    with pytest.raises(ColumnsMissing, match="no column 'theirs' to take alerts from"):
        backtest(
            prospect.source, Ask(alerts="theirs", product=read_file(prospect.product), fits=1), HOW
        )


def test_a_bundle_is_judged_only_on_what_came_after_it(prospect: Prospect, tmp_path: Path) -> None:
    early = replace(prospect.source, as_of=MAY)
    bundle = fit(read_file(prospect.product), early, Order(models=tmp_path))

    found = backtest(prospect.source, Ask(rules=prospect.rules, bundle=bundle), HOW)

    assert found["model"]["bundle"]["version"] == "1"
    assert moment_in_file(found["judged_on"]["from"]) > MAY
    assert moment_in_file(found["judged_on"]["from"]) < JUNE
    from_june = replace(prospect.source, first=JUNE)
    later = backtest(from_june, Ask(rules=prospect.rules, bundle=bundle), HOW)
    assert moment_in_file(later["judged_on"]["from"]) >= JUNE


def test_a_bundle_that_knows_the_outcomes_of_the_rows_is_refused(
    prospect: Prospect, tmp_path: Path
) -> None:
    bundle = fit(read_file(prospect.product), prospect.source, Order(models=tmp_path))

    with pytest.raises(NotComparable, match="no row is later than what"):
        backtest(prospect.source, Ask(rules=prospect.rules, bundle=bundle), HOW)


def test_a_bundle_that_was_fitted_on_the_rows_under_another_date_is_refused(
    prospect: Prospect, tmp_path: Path
) -> None:
    """The dates are moved a year, the rows are the same."""
    folder = tmp_path / "moved"
    folder.mkdir()
    year = pd.Timedelta(days=365)
    rows = prospect.applications.assign(occurred_at=prospect.applications["occurred_at"] + year)
    rows.to_parquet(folder / "registrations.parquet")
    outcomes = prospect.outcomes.assign(known_at=prospect.outcomes["known_at"] + year)
    outcomes.to_parquet(folder / "outcomes.parquet")
    bundle = fit(read_file(prospect.product), prospect.source, Order(models=tmp_path / "models"))

    with pytest.raises(NotComparable, match="were used to fit it"):
        backtest(Source(path=folder), Ask(rules=prospect.rules, bundle=bundle), HOW)


def test_a_handful_of_frauds_gives_no_figure(prospect: Prospect) -> None:
    last = replace(prospect.source, first=moment_or_date("2026-07-08T00:00:00Z"))

    with pytest.raises(TooFewRows, match="expected at least 50, or any difference would be luck"):
        backtest(last, Ask(rules=prospect.rules, fits=1), HOW)


def test_rules_that_alert_nobody_are_refused(prospect: Prospect) -> None:
    path = prospect.folder.parent / "silent.toml"
    path.write_text(RULES.replace("at_least = 25", "at_least = 99").replace("0.1}", "0}"), "utf-8")

    with pytest.raises(RulesInvalid, match="the rules alert none of the"):
        backtest(prospect.source, Ask(rules=path, fits=1), HOW)


def test_a_column_told_afterwards_is_named(prospect: Prospect, tmp_path: Path) -> None:
    rows = prospect.applications
    rows = rows.assign(lost=rows["fraud"])
    rows.to_parquet(tmp_path / "registrations.parquet")
    prospect.outcomes.to_parquet(tmp_path / "outcomes.parquet")

    found = backtest(Source(path=tmp_path), Ask(rules=prospect.rules, fits=1), HOW)

    assert [each["name"] for each in found["leakage"]["columns"]] == ["lost"]


def test_the_youngest_applications_wait_until_half_their_frauds_can_be_known() -> None:
    late = Lateness(days=np.array([5.0, 30.0, 60.0]), found=np.array([0.3, 0.6, 1.0]))
    times = np.arange(MAY, END, 3_600_000_000)

    found = period(times, late, END, first=MAY, fits=2)

    assert found.until == END - 30 * 86_400_000_000
    assert found.moments == (MAY, (MAY + found.until) // 2)
    with pytest.raises(OptionInvalid, match="half of the frauds are found within 30 days"):
        period(times, late, END, first=JUNE, fits=1)


def test_a_row_of_the_very_moment_is_the_fits_and_never_judged(prospect: Prospect) -> None:
    rows = read_events(read_file(prospect.product), prospect.source)
    assert rows.times is not None
    moment = int(rows.times[4_000])

    assert between(rows, moment, int(rows.times[4_010])).tolist() == list(range(4_001, 4_011))


def test_judged_on_the_truth_frauds_that_nobody_found_count_and_have_no_date(
    prospect: Prospect, tmp_path: Path
) -> None:
    half = prospect.outcomes.iloc[::2]
    source = prospect.with_outcomes(tmp_path, half)
    rows = prospect.applications[["reference"]].assign(
        product="registrations", label=prospect.applications["fraud"].astype(int)
    )
    rows.to_parquet(tmp_path / "truth.parquet")

    found = backtest(
        replace(source, truth=tmp_path / "truth.parquet"), Ask(rules=prospect.rules, fits=1), HOW
    )

    never = next(each for each in found["found_how"] if each["because"] == "never found")
    ours = judged(found, prospect)
    frauds = ours[ours["fraud"]]["reference"]
    assert found["judged_on"]["positives"] == len(frauds)
    assert never["frauds"] == (~frauds.isin(half["reference"])).sum() > 50
    dated = own(found)["swap"]["both"]["days"]["frauds"]
    assert dated < own(found)["swap"]["both"]["frauds"]["value"]
