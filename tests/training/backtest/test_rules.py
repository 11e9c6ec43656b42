"""Rules are read as they were meant, or refused with file, key and reason."""

from pathlib import Path

import numpy as np
import pytest

from riskscore.errors import ProductInvalid
from riskscore.product.toml import built_in, read_file
from tests.training.backtest.conftest import RULES, Prospect
from training.backtest.form import read_rules
from training.backtest.rules import Condition, Rule, Rules
from training.backtest.theirs import by_rules
from training.errors import RulesInvalid
from training.events import read_events

EXAMPLES = Path(__file__).parents[3] / "examples/rules"
COLUMNS = {
    "sims": np.array([30, 10, 26, 0], np.float32),
    "rate": np.array([0.03, 0.02, np.nan, 0.5], np.float32),
}


def ruled(*rules: Rule, prospect: Prospect) -> Rules:
    product = read_file(prospect.product)
    return Rules(path=prospect.rules, product=product, rules=rules)


def test_points_of_the_rules_that_are_met_add_up(prospect: Prospect) -> None:
    many = Rule(name="many", points=2, all=(Condition(feature="sims", at_least=26),))
    high = Rule(name="high", any=(Condition(feature="rate", above=0.4),))

    points = ruled(many, high, prospect=prospect).points(COLUMNS.__getitem__)

    assert points.tolist() == [2, 0, 2, 1]


def test_a_bound_means_what_the_file_says_in_the_precision_of_the_column() -> None:
    assert Condition(feature="rate", at_least=0.03).met(COLUMNS["rate"])[0]
    assert not Condition(feature="rate", above=0.03).met(COLUMNS["rate"])[0]


def test_a_missing_value_meets_no_bound_and_can_be_asked_for() -> None:
    rate = COLUMNS["rate"]

    for bounded in (
        Condition(feature="rate", at_least=0.1),
        Condition(feature="rate", at_most=0.1),
        Condition(feature="rate", above=0.1),
        Condition(feature="rate", below=0.1),
        Condition(feature="rate", equals=0.1),
    ):
        assert not bounded.met(rate)[2]
    assert Condition(feature="rate", missing=True).met(rate).tolist() == [False, False, True, False]
    assert Condition(feature="rate", missing=False).met(rate)[:2].all()


def test_all_and_any_of_one_rule_must_both_hold() -> None:
    rule = Rule(
        name="x",
        all=(Condition(feature="sims", at_least=5),),
        any=(Condition(feature="rate", below=0.025), Condition(feature="rate", missing=True)),
    )

    assert rule.met(COLUMNS.__getitem__).tolist() == [False, True, True, False]


@pytest.mark.parametrize(
    ("broken", "where", "why"),
    [
        ("[[rule]]\nname = 'x'", "rule x", "expected all, any, or both"),
        ("[[rule]]\nall = [{feature = 'sims', at_least = 1}]", "rule 1: name", "required"),
        ("[[rule]]\nname = 'x'\nall = []", "rule x: all", "expected at least one condition"),
        (
            "[[rule]]\nname = 'x'\nall = [{feature = 'sim', at_least = 1}]",
            "rule x: all.0.feature",
            "'sim' is no column of the product",
        ),
        (
            "[[rule]]\nname = 'x'\nany = [{feature = 'sims', at_least = '5'}]",
            "rule x: any.0.at_least",
            "expected a number that float32 holds",
        ),
        (
            "[[rule]]\nname = 'x'\nall = [{feature = 'sims', more_than = 5}]",
            "rule x: all.0.more_than",
            "not known here",
        ),
        (
            "[[rule]]\nname = 'x'\nall = [{feature = 'sims'}]",
            "rule x: all.0",
            "expected one of at_least",
        ),
        (
            "[[rule]]\nname = 'x'\nall = [{feature = 'channel', at_least = 1}]",
            "rule x: all.0.at_least",
            "channel has words: expected equals",
        ),
        (
            "[[rule]]\nname = 'x'\nall = [{feature = 'channel', equals = 'shop'}]",
            "rule x: all.0.equals",
            "expected one of store, online",
        ),
        (
            "[[rule]]\nname = 'x'\nall = [{feature = 'lost', equals = 1}]",
            "rule x: all.0.equals",
            "expected true or false",
        ),
        (
            "[[rule]]\nname = 'x'\nall = [{feature = 'sims', equals = true}]",
            "rule x: all.0.equals",
            "expected a number",
        ),
        (
            "[[rule]]\nname = 'x'\npoints = 0\nall = [{feature = 'sims', above = 1}]",
            "rule x: points",
            "expected a number above 0",
        ),
        ("rule = []", "rule", "expected at least one [[rule]]"),
        ("[[rules]]\nname = 'x'", "rules", "not known here"),
        ("looks = 'rule_hit'\nrule = [{}]", "looks", "expected a list of words"),
        ("[[rule]", "expected a TOML file of rules", ""),
        (
            (
                "[[rule]]\nname = 'x'\nall = [{feature = 'sims', above = 1}]\n"
                "[[rule]]\nname = 'x'\nall = [{feature = 'sims', above = 2}]"
            ),
            "rule x: name",
            "stands more than once",
        ),
    ],
)
def test_a_broken_file_is_refused_with_file_key_and_reason(
    prospect: Prospect, broken: str, where: str, why: str
) -> None:
    path = prospect.folder.parent / "broken.toml"
    path.write_text(f'product = "registrations.toml"\n{broken}\n', "utf-8")

    with pytest.raises(RulesInvalid) as refused:
        read_rules(path)

    assert str(path) in str(refused.value)
    assert f"{where}" in str(refused.value)
    assert why in str(refused.value)


def test_a_history_column_that_breaks_the_form_is_refused(prospect: Prospect) -> None:
    path = prospect.folder.parent / "broken.toml"
    path.write_text(f"{RULES}\n[[history]]\nname = 'x'\nof = 'registrations'\n", "utf-8")

    with pytest.raises(ProductInvalid, match=r"broken\.toml: history x: .*window: required"):
        read_rules(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RulesInvalid, match=r"none\.toml: expected a TOML file of rules"):
        read_rules(tmp_path / "none.toml")


def test_rules_of_another_product_than_the_bundle_are_refused(prospect: Prospect) -> None:
    with pytest.raises(RulesInvalid, match="product: is sim_registration: expected registrations"):
        read_rules(EXAMPLES / "back_office.toml", read_file(prospect.product))


def test_counts_that_the_product_lacks_are_counted_for_the_rules(prospect: Prospect) -> None:
    path = prospect.folder.parent / "counting.toml"
    path.write_text(
        'product = "registrations.toml"\n'
        "[[history]]\nname = 'by_document_30d'\nof = 'registrations'\nentity = 'document'\n"
        "measure = 'count'\nwindow = '30d'\n"
        "[[rule]]\nname = 'burst'\nall = [{feature = 'by_document_30d', at_least = 3}]\n",
        "utf-8",
    )
    rules = read_rules(path)
    rows = read_events(rules.product, prospect.source)

    theirs = by_rules(rows, rules, prospect.source)

    assert "by_document_30d" not in [each.name for each in rows.product.columns]
    late = prospect.applications["occurred_at"] - prospect.applications["occurred_at"].min()
    whole = (late >= "30D").to_numpy()
    assert theirs.points[whole].tolist() == burst(prospect)[whole].tolist()
    assert 0 < theirs.points.sum() < len(rows) / 10


def burst(prospect: Prospect) -> np.ndarray:
    """Count earlier applications of a document within 30 days, plainly."""
    rows = prospect.applications
    found = np.zeros(len(rows))
    for _, ours in rows.groupby("document"):
        times = ours["occurred_at"].to_numpy()
        for place, now in zip(ours.index, times, strict=True):
            before = (times < now) & (times >= now - np.timedelta64(30, "D"))
            found[place] = float(before.sum() >= 3)
    return found


@pytest.mark.parametrize("name", [*built_in(), "back_office"])
def test_the_example_files_are_read(name: str) -> None:
    rules = read_rules(EXAMPLES / f"{name}.toml")

    assert rules.product.name in built_in()
    assert len(rules.rules) >= 6
