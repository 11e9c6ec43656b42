"""The gate: what it lets pass, and what it refuses for which reason."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskscore.errors import BundleCorrupt
from tests.training.conftest import Run
from tests.training.declared import LIVENESS
from tests.training.gate.conftest import AGE, BLOCKED, SIMS, Ring
from training.datasets import Source
from training.errors import NotComparable
from training.gate.compare import Compared, compare
from training.gate.limits import read_limits

FAIR = AGE.format(model="false")


def refused(found: Compared) -> set[str]:
    return {each.name for each in found.checks if each.verdict == "refused"}


def judged(
    ring: Ring, challenger: Path, limits: str = "", champion: Path | None = None
) -> Compared:
    path = challenger.parent.parent / f"limits-{challenger.name}.toml"
    path.write_text(limits, "utf-8")
    source = Source(path=ring.later)
    return compare(challenger, champion or ring.champion, source, read_limits(path), draws=60)


def blaming_the_old(rows: pd.DataFrame) -> pd.DataFrame:
    """Call one in twenty old innocents a fraud, as an unjust investigator would."""
    chosen = np.random.default_rng(5).random(len(rows)) < 1 / 20
    blamed = chosen & (rows["age_band"] == "old")
    return rows.assign(label=np.maximum(rows["label"], blamed.astype(int)))


def test_a_truly_better_one_is_accepted(ring: Ring) -> None:
    found = judged(ring, ring.better)

    assert refused(found) == set()
    assert found.promotes
    gained = found.record["figures"]["auc"]["difference"]
    assert 0 < gained["low"] < gained["value"] < gained["high"] < 0.5


def test_shuffled_labels_are_refused(ring: Ring) -> None:
    rows = ring.earlier.assign(
        label=ring.earlier["label"].sample(frac=1, random_state=0).to_numpy()
    )
    challenger = ring.challenger("shuffled", SIMS + LIVENESS + FAIR, rows)

    found = judged(ring, challenger)

    assert {"better", "not worse", "calibration"} <= refused(found)


def test_a_leaked_column_is_refused_by_its_name(ring: Ring) -> None:
    challenger = ring.challenger("leaked", SIMS + LIVENESS + BLOCKED + FAIR, ring.earlier)

    found = judged(ring, challenger)

    assert "leakage" in refused(found)
    assert "better" not in refused(found)
    assert any("calls_after alone" in each.why for each in found.checks)


def test_lost_calibration_is_refused_however_well_it_ranks(ring: Ring) -> None:
    heavy = ring.earlier.assign(weight=np.where(ring.earlier["label"] == 1, 8.0, 1.0))
    challenger = ring.challenger("weighted", SIMS + LIVENESS + FAIR, heavy)

    found = judged(ring, challenger)

    assert "calibration" in refused(found)
    assert "better" not in refused(found)


def test_unfairness_is_refused_unless_somebody_signs_for_it(ring: Ring) -> None:
    unfair = SIMS + LIVENESS + AGE.format(model="true")
    challenger = ring.challenger("unfair", unfair, blaming_the_old(ring.earlier))
    signed = '[[fairness.exception]]\nfeature = "age_band"\nreason = "r"\nsigned_by = "S. Chai"\n'

    found, excepted = judged(ring, challenger), judged(ring, challenger, signed)

    assert refused(found) == {"fairness"}
    assert not found.promotes
    assert excepted.promotes
    assert any("excepted by S. Chai: r" in each.why for each in excepted.checks)


def test_too_few_to_tell_is_insufficient_and_not_unfair(ring: Ring) -> None:
    found = judged(ring, ring.better, "[fairness]\nexpected_false_positives = 100_000\n")

    verdicts = {each.name: each.verdict for each in found.checks}
    assert verdicts["fairness"] == "insufficient"
    assert found.promotes


def test_no_better_within_noise_is_refused(ring: Ring) -> None:
    challenger = ring.challenger("again", SIMS + FAIR, ring.earlier, seed=1)

    found = judged(ring, challenger)

    assert "better" in refused(found)


def test_no_worse_will_do_where_the_limits_say_so(ring: Ring) -> None:
    challenger = ring.challenger("refreshed", SIMS + FAIR, ring.earlier, seed=2)

    assert judged(ring, challenger, "[accuracy]\nbetter_by = -0.02\n").promotes


def test_a_champion_may_stay_without_beating_itself(ring: Ring) -> None:
    found = judged(ring, ring.champion)

    assert found.promotes
    assert {"better", "speed"}.isdisjoint(each.name for each in found.checks)


@pytest.mark.parametrize(
    ("limits", "check"),
    [
        ("[size]\nmegabytes = 0.001\n", "size"),
        ("[speed]\nmilliseconds = 0.0\ntimes_champion = 0.0001\n", "speed"),
        ("[thresholds]\nreview = [0.0, 0.01]\nblock = [0.0, 0.01]\n", "thresholds"),
        ("[accuracy]\npositives = 1_000_000\n", "frauds"),
    ],
)
def test_what_it_costs_and_how_much_was_judged_have_limits(
    ring: Ring, limits: str, check: str
) -> None:
    """A rate beyond noise of the asked one is refused where the limits are as narrow as that."""
    found = judged(ring, ring.better, limits)

    assert refused(found) == {check}


def test_rows_that_it_was_fitted_on_judge_nobody(ring: Ring) -> None:
    rows = ring.folder / "fitted_on.csv"
    ring.earlier.drop(columns="occurred_at").to_csv(rows, index=False)

    with pytest.raises(NotComparable, match="were used to fit it"):
        compare(ring.better, ring.champion, Source(path=rows), read_limits(), draws=50)


def test_only_later_rows_are_judged(ring: Ring) -> None:
    both = ring.folder / "both.csv"
    pd.concat([ring.earlier, pd.read_csv(ring.later)]).to_csv(both, index=False)

    found = compare(ring.better, ring.champion, Source(path=both), read_limits(), draws=50)

    assert found.record["data"]["rows"] == 30_000 + 1_200
    assert found.record["data"]["from"] > "2026-04"


def test_no_later_row_is_one_line(ring: Ring, run: Run) -> None:
    early = ring.folder / "early.csv"
    ring.earlier.head(3_000).to_csv(early, index=False)

    result = run("compare", ring.better, ring.champion, early, expect=1)

    assert "no row is later than what the bundles were fitted on" in result.stderr


def test_compare_says_every_reason_and_exits_by_them(ring: Ring, run: Run) -> None:
    out = ring.folder / "verdict.json"

    passes = run("compare", ring.better, ring.champion, ring.later, "--draws", 60, "--out", out)
    fails = run("compare", ring.champion, ring.better, ring.later, "--draws", 60, expect=1)

    assert passes.stdout.splitlines()[-1] == "promotes"
    assert "passed       better: mean TPR up to 5 % FPR" in passes.stdout
    assert json.loads(out.read_text("utf-8"))["promotes"] is True
    assert fails.stdout.splitlines()[-1] == "refuses"
    assert "refused      not worse: AUC" in fails.stdout


def test_compare_prints_one_json_object(ring: Ring, run: Run) -> None:
    result = run("compare", ring.better, ring.champion, ring.later, "--draws", 60, "--json")

    found = json.loads(result.stdout)
    assert found["challenger"]["version"] == "better"
    assert {"partial_auc", "slope", "review_fpr"} <= set(found["figures"])


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ("[acuracy]\n", "acuracy: not known here"),
        ("accuracy = 1\n", "expected a [accuracy] table"),
        ('[accuracy]\nmeasure = "f1"\n', "accuracy.measure: expected one of partial_auc"),
        ("[calibration]\nslope = [2, 1]\n", "calibration.slope: expected the lower number first"),
        ("[calibration]\nslope = [1]\n", "calibration.slope: expected two numbers"),
        ('[[fairness.exception]]\nfeature = "a"\n', "fairness.exception.0.reason: required"),
        ("[size\n", "expected a TOML file of limits"),
    ],
)
def test_wrong_limits_are_one_line(
    ring: Ring, run: Run, tmp_path: Path, limits: str, message: str
) -> None:
    path = tmp_path / "limits.toml"
    path.write_text(limits, "utf-8")

    arguments = [ring.better, ring.champion, ring.later, "--limits", path]
    result = run("compare", *arguments, expect=1)

    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_damaged_challenger_is_no_challenger(ring: Ring, tmp_path: Path) -> None:
    copy = tmp_path / "registrations" / "better"
    copy.mkdir(parents=True)
    for each in ring.better.iterdir():
        (copy / each.name).write_bytes(each.read_bytes())
    (copy / "golden.json").write_text("{}", "utf-8")

    with pytest.raises(BundleCorrupt):
        compare(copy, ring.champion, Source(path=ring.later), read_limits())
