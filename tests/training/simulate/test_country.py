"""The shares that the country was asked to show, measured against its truth."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from training.simulate import country, events, gangs
from training.simulate.acts import SimActs
from training.simulate.arrays import DAY, NOBODY, Flags
from training.simulate.country import Country, Scenario
from training.simulate.crime import LONE_CASES
from training.simulate.parameters import Parameters
from training.simulate.records import Events
from training.simulate.stage import ALIAS

TINY = Scenario(people=2_000, days=90, seed=1)
PRODUCTS = [0, 1, 2]


def written(parameters: Parameters, scenario: Scenario, folder: Path) -> dict[str, bytes]:
    events.write(events.tables(country.simulate(parameters, scenario)), folder)
    return {each.name: each.read_bytes() for each in folder.iterdir()}


def found(each: Events) -> Flags:
    """Tell the rows that were ever confirmed as fraud."""
    flags = np.zeros(len(each.case.fraud), bool)
    flags[each.outcomes.row[each.outcomes.status == 0]] = True
    return flags


def linkable(small: Country, each: Events) -> Flags:
    """Tell the rows that share an identifier with a bad SIM."""
    sims = small.events[0]
    linked = np.zeros(len(each.case.fraud), bool)
    for name in sims.entities.keys() & each.entities.keys():
        bad = sims.entities[name][sims.case.fraud]
        linked |= np.isin(each.entities[name], bad[bad != NOBODY])
    return linked


def farmed(made: Country) -> SimActs:
    acts = made.events[0].case.acts
    assert isinstance(acts, SimActs)
    return acts.map(lambda column: column[(acts.case >= ALIAS) & (acts.case < LONE_CASES)])


def cards_per_document(acts: SimActs) -> float:
    return float(np.unique(acts.person, return_counts=True)[1].mean())


def test_the_same_seed_writes_the_same_bytes(parameters: Parameters, tmp_path: Path) -> None:
    first = written(parameters, TINY, tmp_path / "first")
    second = written(parameters, TINY, tmp_path / "second")

    assert first == second
    assert len(first) == 5


def test_another_seed_makes_another_country(parameters: Parameters, tmp_path: Path) -> None:
    first = written(parameters, TINY, tmp_path / "first")
    other = written(parameters, Scenario(people=2_000, days=90, seed=2), tmp_path / "other")

    assert all(first[name] != other[name] for name in first)


@pytest.mark.parametrize("product", PRODUCTS)
def test_about_one_in_a_hundred_is_fraud(small: Country, product: int) -> None:
    assert 0.006 < small.events[product].case.fraud.mean() < 0.016


def test_twice_the_crime_is_twice_the_fraud(parameters: Parameters) -> None:
    usual = country.simulate(parameters, Scenario(people=8_000, days=180, seed=3))
    double = country.simulate(parameters, Scenario(people=8_000, days=180, seed=3, crime=2.0))

    ratios = [
        two.case.fraud.mean() / one.case.fraud.mean()
        for one, two in zip(usual.events, double.events, strict=True)
    ]

    assert all(1.4 < ratio < 2.7 for ratio in ratios), ratios


@pytest.mark.parametrize("product", PRODUCTS)
def test_some_fraud_leaves_no_trace(small: Country, product: int) -> None:
    each = small.events[product]

    assert 0.13 < each.traceless.sum() / each.case.fraud.sum() < 0.27


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_third_to_half_of_fraud_is_never_found(small: Country, product: int) -> None:
    each = small.events[product]

    assert 0.3 < 1 - found(each)[each.case.fraud].mean() < 0.5


@pytest.mark.parametrize("product", PRODUCTS)
def test_some_positive_labels_are_wrong(small: Country, product: int) -> None:
    each = small.events[product]

    assert 0.1 < 1 - each.case.fraud[found(each)].mean() < 0.2


def test_fraud_is_found_after_a_median_of_about_35_days(small: Country) -> None:
    days = [
        (each.outcomes.known_at - each.case.at[each.outcomes.row])[each.outcomes.status == 0] / DAY
        for each in small.events
    ]

    together = np.concatenate(days)

    assert 27 < np.median(together) < 45
    assert np.quantile(together, 0.95) > 110


def test_blocked_and_unseen_fraud_has_no_outcome(small: Country) -> None:
    with_outcome = [np.isin(np.flatnonzero(e.case.fraud), e.outcomes.row) for e in small.events]

    assert all(0.5 < flags.mean() < 0.75 for flags in with_outcome)


def test_foreigners_are_marked_more_often_than_they_offend(small: Country) -> None:
    sims = small.events[0]
    wrongly = found(sims) & ~sims.case.fraud
    foreign = sims.readings["nationality_group"] == 1

    assert foreign[wrongly].mean() > 1.2 * foreign[~sims.case.fraud].mean()


def test_a_third_of_mule_accounts_are_old_ones_sold(small: Country) -> None:
    opened = small.events[1].case.fraud.sum()

    assert len(small.sold) / (len(small.sold) + opened) >= 0.3


@pytest.mark.parametrize("product", [1, 2])
def test_at_most_half_of_mules_can_be_linked(small: Country, product: int) -> None:
    each = small.events[product]
    linked = linkable(small, each)[each.case.fraud].mean()

    assert 0.15 < linked < 0.5


def test_handsets_are_missing_in_three_of_ten(small: Country) -> None:
    assert np.mean(small.events[0].entities["imei"] == NOBODY) == pytest.approx(0.3, abs=0.02)


def test_one_method_appears_only_in_the_last_weeks(small: Country, parameters: Parameters) -> None:
    acts = small.events[0].case.acts
    newest = acts.manner == parameters.products["sim_registration"].manner("injected")
    begun = small.stage.days.last - parameters.crime.late_days * DAY

    assert newest.any()
    assert acts.at[newest].min() >= begun


def test_gangs_that_lose_cards_retreat(parameters: Parameters) -> None:
    scenario = Scenario(people=8_000, days=270, seed=3)
    fearless = replace(parameters, crime=replace(parameters.crime, loss_rate=1e9))

    careful = farmed(country.simulate(parameters, scenario))
    careless = farmed(country.simulate(fearless, scenario))

    assert cards_per_document(careful) < cards_per_document(careless)
    assert careful.aging.mean() > careless.aging.mean() == 0


def test_a_retreat_means_fewer_cards_per_document_older_cards_and_other_phones(
    small: Country,
) -> None:
    rng = np.random.default_rng(0)
    before = gangs.form_gangs(small.stage, rng, count=4)

    after = gangs.adapt(small.stage, before, rng, retreat=np.array([True, True, False, False]))

    assert (after.per_document < before.per_document).tolist() == [True, True, False, False]
    assert (after.aging > before.aging).tolist() == [True, True, False, False]
    assert (after.generation > before.generation).tolist() == [True, True, False, False]
    assert (after.desks != before.desks).any(axis=1).tolist() == [True, True, False, False]
