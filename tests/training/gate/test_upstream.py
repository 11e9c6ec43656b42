"""A product that looks at another's score is judged with the scores that are served."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from riskscore.model.bundle import load_champion
from training.asked import Asked
from training.datasets import Dataset, Upstream
from training.decide import decide
from training.gate.checks import upstream
from training.gate.limits import read_limits
from training.gate.sides import Side, Sides
from training.judge import answers
from training.masking import columns_by_product
from training.strata import strata


@pytest.fixture
def sides(built_in_models: Path, tmp_path: Path) -> Sides:
    """Return account openings judged against themselves, in a models folder of their own."""
    models = Path(shutil.copytree(built_in_models, tmp_path / "models"))
    folder = models / "account_opening"
    bundle = load_champion(folder)
    rng = np.random.default_rng(0)
    columns = len(bundle.product.columns)
    rows = Dataset(
        product=bundle.product,
        matrix=rng.random((400, columns)).astype(np.float32),
        labels=(np.arange(400) % 8 == 0).astype(np.int8),
        weights=np.ones(400),
        times=None,
        rows=np.arange(400),
        file=tmp_path / "rows.csv",
        label="label",
    )
    side = Side(folder=folder, bundle=bundle, rows=rows, given=answers(bundle, rows.matrix))
    return Sides(challenger=side, champion=side)


def judged_with(sides: Sides, sha256: str, product: str = "sim_registration") -> Sides:
    rows = replace(sides.challenger.rows, upstreams=(Upstream(product, "1", sha256),))
    return replace(sides, challenger=replace(sides.challenger, rows=rows))


def test_scores_of_the_served_bundle_pass_and_others_are_refused(sides: Sides) -> None:
    served = load_champion(sides.champion.folder.parent / "sim_registration").sha256
    limits = read_limits()

    [good] = upstream(judged_with(sides, served), limits)
    [bad] = upstream(judged_with(sides, "0" * 64), limits)

    assert (good.verdict, bad.verdict) == ("passed", "refused")
    assert "but version 1 is served" in bad.why
    assert list(upstream(judged_with(sides, "0" * 64, "parcels"), limits)) == []
    assert list(upstream(sides, limits)) == []


def test_a_score_that_nobody_serves_is_refused(sides: Sides) -> None:
    shutil.rmtree(sides.champion.folder.parent / "sim_registration")

    [check] = upstream(judged_with(sides, "0" * 64), read_limits())

    assert check.verdict == "refused"
    assert "serves none" in check.why


def test_strata_are_told_apart_and_one_that_is_hit_too_often_is_warned_of(
    sides: Sides, capsys: pytest.CaptureFixture[str]
) -> None:
    """All that is risky has no history here, so whoever has none is hit far more often."""
    rows = sides.challenger.rows
    trees = sides.challenger.bundle.trees
    margins = trees.margins(rows.matrix)[:, 0]
    high = np.argsort(margins)[-60:]
    seen = columns_by_product(rows.product).values()
    history = np.unique(np.concatenate(list(seen)))
    rows.matrix[np.ix_(high, history)] = np.nan
    again = trees.margins(rows.matrix)[:, 0]
    known = {each.feature: each for each in strata(rows)}

    decided = decide(trees, rows, None, Asked())

    assert known
    assert all(each.names == ("not known", "known") for each in known.values())
    told = decided.record["thresholds_on"]["review"]["strata"]
    rates = {(each["by"], each["stratum"]): each["fpr"] for each in told}
    for feature in known:
        innocent = rows.labels[high] == 0
        flagged = again[high][innocent] >= decided.model.thresholds.review_margin
        assert rates[feature, "not known"] == pytest.approx(flagged.mean())
    worst = max(each["low"] for each in told)
    assert ("beyond a threshold for 5.00%" in capsys.readouterr().err) == (worst > 0.1)
