"""Promotion: one file moves and its history stays; a crash leaves the old champion or the new."""

import json
import shutil
from pathlib import Path

import pytest

from riskscore.model.bundle import load_bundle, load_champion, load_champions
from riskscore.model.manifest import sealed
from riskscore.model.publish import publish
from riskscore.product.toml import read_file
from tests.conftest import fitted
from tests.crashing import crashes
from tests.training.conftest import Run
from tests.training.gate.conftest import Ring
from training.datasets import Source
from training.errors import PromotionRefused
from training.gate.compare import compare, verdict_text
from training.gate.limits import read_limits
from training.gate.promotion import (
    HISTORY,
    Ungated,
    champion_of,
    downstream,
    promote,
    rollback,
    steps,
)

ROOT = Path(__file__).parents[2]
SIGNED = Ungated("a first trial", "S. Chai")


@pytest.fixture
def product(tmp_path: Path) -> Path:
    """Return a product's folder with versions 1, 2 and 3, of which 1 is served."""
    for _ in range(3):
        publish_one(tmp_path)
    return tmp_path / "phone_subscription"


def publish_one(models: Path) -> None:
    publish(models, fitted(read_file(ROOT / "subscription.toml")))


def promote_two(models: Path) -> None:
    promote(models / "phone_subscription/2", SIGNED)


def roll_back(models: Path) -> None:
    rollback(models / "phone_subscription", "it hit too many")


def versions(product: Path) -> list[tuple[str, str]]:
    return [(step["kind"], step["version"]) for step in steps(product)]


@pytest.fixture(scope="session")
def verdict(ring: Ring, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write what the gate says of the better one."""
    return compared(ring, ring.better, ring.champion, tmp_path_factory.mktemp("verdict"))


def compared(ring: Ring, challenger: Path, champion: Path, folder: Path) -> Path:
    out = folder / "verdict.json"
    found = compare(challenger, champion, Source(path=ring.later), read_limits(), draws=60)
    out.write_text(verdict_text(found), "utf-8")
    return out


@pytest.fixture
def models(ring: Ring, tmp_path: Path) -> Path:
    """Copy the bundles to a models folder that a test may change."""
    shutil.copytree(ring.champion.parent, tmp_path / "models/registrations")
    return tmp_path / "models"


def test_a_verdict_promotes_the_bundle_it_is_about(models: Path, verdict: Path, run: Run) -> None:
    better = models / "registrations/better"

    result = run("promote", better, "--verdict", verdict)

    assert "champion of registrations is better; start the service anew" in result.stdout
    assert load_champion(models / "registrations").version == "better"
    step = steps(models / "registrations")[-1]
    assert (step["kind"], step["version"], step["before"]) == ("promotion", "better", "plain")
    assert step["sha256"] == load_bundle(better).sha256
    assert step["verdict"]["seal"] == json.loads(verdict.read_text("utf-8"))["seal"]


def test_no_verdict_promotes_another_bundle_or_over_another_champion(
    models: Path, verdict: Path
) -> None:
    other = models / "registrations/other"
    shutil.copytree(models / "registrations/better", other)
    rename(other, "other")

    with pytest.raises(PromotionRefused, match="is about another bundle"):
        promote(other, verdict)
    promote(other, SIGNED)
    with pytest.raises(PromotionRefused, match="another champion than version other"):
        promote(models / "registrations/better", verdict)


def rename(folder: Path, version: str) -> None:
    """Write the manifest of a copied bundle anew, for its new name."""
    path = folder / "manifest.json"
    record = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(sealed(record | {"version": version})), "utf-8")


def test_a_verdict_that_refuses_or_was_altered_promotes_nobody(
    ring: Ring, models: Path, tmp_path: Path
) -> None:
    against = compared(ring, ring.champion, ring.better, tmp_path)
    turned = tmp_path / "turned.json"
    text = against.read_text("utf-8")
    turned.write_text(text.replace('"promotes": false', '"promotes": true'), "utf-8")
    (tmp_path / "empty.json").write_text("{}", "utf-8")
    better = models / "registrations/better"

    for file, message in [
        (against, "refuses: better: "),
        (turned, "altered since compare wrote it"),
        (tmp_path / "empty.json", "expected a verdict"),
        (tmp_path / "absent.json", "expected a verdict"),
    ]:
        with pytest.raises(PromotionRefused, match=message):
            promote(better, file)
    assert champion_of(models / "registrations") == "plain"
    assert not (models / "registrations" / HISTORY).exists()


def test_without_a_verdict_somebody_signs(product: Path, run: Run) -> None:
    bare = run("promote", product / "2", expect=1)
    unsigned = run("promote", product / "2", "--ungated", "a trial", expect=1)
    run("promote", product / "2", "--ungated", "a trial", "--signed-by", "S. Chai")

    for each in (bare, unsigned):
        assert "expected --verdict FILE, or --ungated REASON with --signed-by NAME" in each.stderr
    assert steps(product)[-1]["ungated"] == {"reason": "a trial", "signed_by": "S. Chai"}


def test_rollback_goes_back_promotion_by_promotion(product: Path, run: Run) -> None:
    promote(product / "2", SIGNED)
    promote(product / "3", SIGNED)

    result = run("rollback", product, "--reason", "it hit too many")
    rollback(product, "so did this")

    assert "is 2; start the service anew" in result.stdout
    assert champion_of(product) == "1"
    kinds = [("promotion", "2"), ("promotion", "3"), ("rollback", "2"), ("rollback", "1")]
    assert versions(product) == kinds
    assert steps(product)[2]["reason"] == "it hit too many"
    with pytest.raises(PromotionRefused, match="no promotion to take back"):
        rollback(product, "once more")


def test_a_champion_named_by_hand_stands_in_the_history(product: Path) -> None:
    promote(product / "2", SIGNED)
    (product / "champion").write_text("3\n", "ascii")

    rollback(product, "nobody knows why")

    assert versions(product) == [("promotion", "2"), ("hand", "3"), ("rollback", "2")]


def test_what_is_champion_already_is_not_promoted(product: Path) -> None:
    with pytest.raises(PromotionRefused, match="is the champion already"):
        promote(product / "1", SIGNED)


def test_a_damaged_history_or_champion_is_one_line(product: Path, run: Run) -> None:
    arguments = ["promote", product / "2", "--ungated", "r", "--signed-by", "s"]
    (product / HISTORY).write_text("nonsense\n", "utf-8")

    history = run(*arguments, expect=1)
    (product / "champion").unlink()
    champion = run(*arguments, expect=1)

    assert "promotions.jsonl: damaged" in history.stderr
    assert "champion: expected one line, a version" in champion.stderr


def test_a_damaged_bundle_is_never_promoted(product: Path, run: Run) -> None:
    (product / "2/model.ubj").write_bytes(b"")

    result = run("promote", product / "2", "--ungated", "r", "--signed-by", "s", expect=1)

    assert "not the file that the manifest was written for" in result.stderr
    assert champion_of(product) == "1"


def test_who_looks_at_a_score_must_be_gated_again(built_in_models: Path) -> None:
    found = downstream(built_in_models, "sim_registration")

    assert [(each.product, each.version) for each in found] == [
        ("account_activity", "1"),
        ("account_opening", "1"),
    ]
    assert downstream(built_in_models, "account_activity") == []


def test_promote_names_them(built_in_models: Path, tmp_path: Path, run: Run) -> None:
    models = tmp_path / "models"
    shutil.copytree(built_in_models, models)
    second = models / "sim_registration/2"
    shutil.copytree(models / "sim_registration/1", second)
    rename(second, "2")

    result = run("promote", second, "--ungated", "r", "--signed-by", "s")

    assert "gate again: account_opening version 1 looks at this score" in result.stdout


def test_a_promotion_killed_anywhere_leaves_the_old_champion_or_the_new(tmp_path: Path) -> None:
    publish_one(tmp_path / "whole")
    publish_one(tmp_path / "whole")
    found = []
    for models in crashes(promote_two, lambda number: copied(tmp_path, number)):
        product = models / "phone_subscription"
        found.append(load_champion(product).version)
        assert versions(product) == ([("promotion", "2")] if found[-1] == "2" else [])
        if found[-1] == "1":
            promote(product / "2", SIGNED)
        assert versions(product) == [("promotion", "2")]

    assert found == sorted(found)
    assert set(found) == {"1", "2"}


def test_a_rollback_killed_anywhere_leaves_the_old_champion_or_the_new(tmp_path: Path) -> None:
    publish_one(tmp_path / "whole")
    publish_one(tmp_path / "whole")
    promote_two(tmp_path / "whole")
    found = []
    for models in crashes(roll_back, lambda number: copied(tmp_path, number)):
        product = models / "phone_subscription"
        found.append(load_champion(product).version)
        wanted = [("promotion", "2"), *([("rollback", "1")] if found[-1] == "1" else [])]
        assert versions(product) == wanted

    assert found == sorted(found, reverse=True)
    assert set(found) == {"1", "2"}


def test_a_publication_killed_anywhere_leaves_no_half_bundle(tmp_path: Path) -> None:
    publish_one(tmp_path / "whole")
    found = []
    for models in crashes(publish_one, lambda number: copied(tmp_path, number)):
        champions = load_champions(models)
        assert {name: each.version for name, each in champions.items()} == {
            "phone_subscription": "1"
        }
        found.append(sorted(each.name for each in (models / "phone_subscription").glob("[0-9]*")))
        load_bundle(models / "phone_subscription" / found[-1][-1])

    assert found[0] == ["1"]
    assert found[-1] == ["1", "2"]


def test_a_first_publication_killed_anywhere_leaves_a_product_or_none(tmp_path: Path) -> None:
    found = []
    for models in crashes(publish_one, lambda number: empty(tmp_path, number)):
        product = models / "phone_subscription"
        found.append(product.exists())
        if product.exists():
            assert load_champion(product).version == "1"
        else:
            publish_one(models)
            assert load_champion(product).version == "1"

    assert found[0] is False
    assert found[-1] is True


def copied(folder: Path, number: int) -> Path:
    return Path(shutil.copytree(folder / "whole", folder / f"crash{number}"))


def empty(folder: Path, number: int) -> Path:
    made = folder / f"crash{number}"
    made.mkdir()
    return made
