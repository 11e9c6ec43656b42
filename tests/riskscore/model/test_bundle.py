"""A bundle proves itself, or the process does not start."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from warnings import catch_warnings

import numpy as np
import pytest
import xgboost as xgb

from riskscore.errors import BundleCorrupt, BundleMismatch, BundleNotFound, StartupError
from riskscore.model.bundle import load_bundle, load_champion, load_champions
from riskscore.model.manifest import sealed
from riskscore.model.publish import Fitted, publish
from riskscore.product.encode import Matrix
from riskscore.product.toml import product_from


def rewrite(bundle: Path, name: str, change: Callable[[Any], Any]) -> None:
    """Change a JSON file of a bundle and make the manifest agree, as a careful forger would."""
    path = bundle / name
    changed = change(json.loads(path.read_text()))
    path.write_text(json.dumps(sealed(changed) if name == "manifest.json" else changed))
    if name != "manifest.json":
        content = path.read_bytes()
        rewrite(bundle, "manifest.json", lambda record: rehashed(record, name, content))


def rehashed(record: dict[str, Any], name: str, content: bytes) -> dict[str, Any]:
    return record | {"files": record["files"] | {name: hashlib.sha256(content).hexdigest()}}


def test_what_was_published_is_loaded(published: Path, fitted: Fitted, claims: Matrix) -> None:
    bundle = load_champion(published.parent)

    assert (bundle.product.name, bundle.version) == ("parcel_claim", "1")
    assert bundle.manifest["created"] == "2026-11-21T00:00:00Z"
    assert bundle.calibration == fitted.calibration
    np.testing.assert_array_equal(bundle.trees.margins(claims), fitted.trees.margins(claims))


def test_contributions_sum_to_the_margin(published: Path, claims: Matrix) -> None:
    margins, contributions = load_bundle(published).trees.explain(claims)

    assert contributions.shape == (len(claims), 1, claims.shape[1] + 1)
    np.testing.assert_allclose(contributions.sum(axis=2), margins, atol=1e-4)


def test_no_rows_have_no_margins_and_no_contributions(fitted: Fitted, claims: Matrix) -> None:
    margins, contributions = fitted.trees.explain(claims[:0])

    assert margins.shape == (0, 1)
    assert contributions.shape == (0, 1, claims.shape[1] + 1)


@pytest.mark.parametrize("name", ["manifest.json", "product.toml", "model.ubj", "golden.json"])
def test_a_missing_file(published: Path, name: str) -> None:
    (published / name).unlink()

    with pytest.raises(BundleNotFound, match=name):
        load_bundle(published)


@pytest.mark.parametrize("name", ["manifest.json", "product.toml", "model.ubj", "golden.json"])
def test_a_truncated_file(published: Path, name: str) -> None:
    (published / name).write_bytes((published / name).read_bytes()[:-20])

    with pytest.raises(BundleCorrupt, match=name):
        load_bundle(published)


@pytest.mark.parametrize("name", ["product.toml", "model.ubj", "golden.json"])
def test_one_altered_byte(published: Path, name: str) -> None:
    content = bytearray((published / name).read_bytes())
    content[len(content) // 2] ^= 1
    (published / name).write_bytes(content)

    with pytest.raises(BundleCorrupt, match=f"{name}: not the file"):
        load_bundle(published)


@pytest.mark.parametrize(
    ("key", "value"), [("created", "1999-01-01T00:00:00Z"), ("more", 1), ("seal", "0" * 64)]
)
def test_a_manifest_altered_by_hand(published: Path, key: str, value: object) -> None:
    path = published / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))

    with pytest.raises(BundleCorrupt, match=r"manifest\.json: altered"):
        load_bundle(published)


@pytest.mark.parametrize(
    ("table", "key", "value", "told"),
    [
        ("thresholds", "block_score", 641, "block_score: expected 640, the score at block_margin"),
        ("thresholds", "block_margin", 0.5, "block_score: expected 675"),
        ("thresholds", "block_score", 501.5, "block_score: expected a whole number from 501"),
        ("calibration", "margins", [2.0, -2.0], "margins: expected strictly increasing"),
        ("calibration", "margins", [2.0, 2.0], "margins: expected strictly increasing"),
        ("calibration", "margins", [2.0], "margins: expected at least two numbers"),
        ("calibration", "log_odds", [2.0, -3.0], "log_odds: expected numbers that do not"),
        ("calibration", "log_odds", [-3.0, 0.0, 2.0], "log_odds: expected as many as margins"),
        ("calibration", "log_odds", ["-3", 2], r"log_odds\.0: expected a finite number"),
        ("importance", "carrier", -0.5, "expected a finite number from 0"),
        ("importance", "carrier", 10**400, "expected a finite number from 0"),
    ],
)
def test_a_manifest_forged_whole(
    published: Path, table: str, key: str, value: object, told: str
) -> None:
    rewrite(
        published, "manifest.json", lambda record: record | {table: record[table] | {key: value}}
    )

    with pytest.raises(BundleCorrupt, match=told):
        load_bundle(published)


def test_true_is_no_format(published: Path) -> None:
    rewrite(published, "manifest.json", lambda record: record | {"format": True})

    with pytest.raises(BundleMismatch, match="format True: this riskscore reads format 1"):
        load_bundle(published)


@pytest.mark.parametrize("reasons", [{}, {"AMOUNT": 0.0}])
def test_golden_rows_without_every_code(published: Path, reasons: dict[str, float]) -> None:
    def emptied(golden: dict[str, Any]) -> dict[str, Any]:
        return {"rows": [row | {"reasons": reasons} for row in golden["rows"]]}

    rewrite(published, "golden.json", emptied)

    with pytest.raises(BundleMismatch, match="not golden rows of this product"):
        load_bundle(published)


@pytest.mark.parametrize("name", ["manifest.json", "golden.json", "../scale.json"])
def test_a_file_nested_too_deep(published: Path, name: str) -> None:
    (published / name).write_text("[" * 200_000)
    content = (published / name).read_bytes()
    if name == "golden.json":
        rewrite(published, "manifest.json", lambda record: rehashed(record, name, content))

    with pytest.raises(BundleCorrupt, match=Path(name).name.replace(".", r"\.")):
        load_bundle(published)


def test_a_newer_format(published: Path) -> None:
    rewrite(published, "manifest.json", lambda record: record | {"format": 2})

    with pytest.raises(BundleMismatch, match="format 2: this riskscore reads format 1"):
        load_bundle(published)


def test_a_foreign_manifest(published: Path) -> None:
    rewrite(published, "manifest.json", lambda _: {"mlflow": "2.0"})

    with pytest.raises(BundleMismatch, match="not a riskscore bundle"):
        load_bundle(published)


def test_a_manifest_that_says_too_little(published: Path) -> None:
    rewrite(published, "manifest.json", lambda record: record | {"calibration": {"rows": 1}})

    with pytest.raises(BundleCorrupt, match=r"calibration\.margins"):
        load_bundle(published)


def test_a_golden_row_that_drifted(published: Path) -> None:
    def drift(golden: dict[str, Any]) -> dict[str, Any]:
        golden["rows"][3]["margin"] += 0.01
        return golden

    rewrite(published, "golden.json", drift)

    with pytest.raises(BundleCorrupt, match=r"off by 0\.01"):
        load_bundle(published)


def test_golden_rows_of_another_product(published: Path) -> None:
    rewrite(published, "golden.json", lambda _: {"rows": [{"values": {"x": 1}}]})

    with pytest.raises(BundleMismatch, match="not golden rows"):
        load_bundle(published)


def test_golden_rows_emptied(published: Path) -> None:
    rewrite(published, "golden.json", lambda _: {"rows": []})

    with pytest.raises(BundleMismatch, match="not golden rows"):
        load_bundle(published)


def test_a_changed_product_file(published: Path) -> None:
    path = published / "product.toml"
    path.write_text(path.read_text().replace('values = ["post"', 'values = ["air", "post"'))
    content = path.read_bytes()
    rewrite(published, "manifest.json", lambda record: rehashed(record, "product.toml", content))

    with pytest.raises(StartupError, match=r"golden\.json"):
        load_bundle(published)


def test_a_product_file_with_another_column(published: Path) -> None:
    path = published / "product.toml"
    more = '[[feature]]\nname = "more"\nkind = "flag"\n'
    path.write_text(path.read_text().replace("[[history]]", f"{more}[[history]]"))
    content = path.read_bytes()
    rewrite(published, "manifest.json", lambda record: rehashed(record, "product.toml", content))

    with pytest.raises(BundleMismatch, match="5 columns, the product has 6"):
        load_bundle(published)


def test_a_model_that_we_would_score_wrongly(published: Path, claims: Matrix) -> None:
    recipe = {"booster": "gblinear", "objective": "binary:logistic", "nthread": 1}
    with catch_warnings(action="ignore"):  # later releases say that gblinear will go
        linear = xgb.train(recipe, xgb.DMatrix(claims, claims[:, 3] > 0), 2)
        content = bytes(linear.save_raw("ubj"))
        (published / "model.ubj").write_bytes(content)
        rewrite(published, "manifest.json", lambda record: rehashed(record, "model.ubj", content))

        with pytest.raises(BundleMismatch, match=r"model\.ubj: a booster of kind gblinear"):
            load_bundle(published)


def test_a_bundle_in_the_folder_of_another_product(published: Path) -> None:
    moved = published.parent.rename(published.parent.with_name("parcel_loss"))

    with pytest.raises(BundleMismatch, match="holds a bundle of product 'parcel_claim'"):
        load_champion(moved)


def test_a_bundle_under_another_version(published: Path) -> None:
    with pytest.raises(BundleMismatch, match="holds version '1'"):
        load_bundle(published.rename(published.with_name("2")))


def test_a_changed_scale(published: Path) -> None:
    (published.parent / "scale.json").write_text('{"review_odds": 0.2}')

    with pytest.raises(BundleMismatch, match=r"scale\.json: not the scale"):
        load_bundle(published)


@pytest.mark.parametrize("content", ["{", "[]", '{"review_odds": 0}'])
def test_a_damaged_scale(published: Path, content: str) -> None:
    (published.parent / "scale.json").write_text(content)

    with pytest.raises(BundleCorrupt, match=r"scale\.json"):
        load_bundle(published)


@pytest.mark.parametrize("line", ["", "../parcel_claim/1", "1\n2"])
def test_a_damaged_champion(published: Path, line: str) -> None:
    (published.parent / "champion").write_text(line)

    with pytest.raises(BundleCorrupt, match="one line that names a version"):
        load_champion(published.parent)


def test_a_missing_champion(published: Path) -> None:
    (published.parent / "champion").unlink()

    with pytest.raises(BundleNotFound, match="champion"):
        load_champions(published.parent.parent)


def test_a_folder_without_products(tmp_path: Path) -> None:
    with pytest.raises(BundleNotFound, match="no product in it"):
        load_champions(tmp_path)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(BundleNotFound, match="expected a folder of models"):
        load_champions(tmp_path / "models")


def test_versions_are_counted_and_the_first_stays_champion(published: Path, fitted: Fitted) -> None:
    models = published.parent.parent

    second = publish(models, fitted)

    assert second.name == "2"
    assert load_champions(models)["parcel_claim"].version == "1"


def test_a_version_is_never_overwritten(published: Path, fitted: Fitted) -> None:
    before = (published / "manifest.json").read_bytes()

    with pytest.raises(BundleMismatch, match="never overwritten"):
        publish(published.parent.parent, fitted, version="1")

    assert (published / "manifest.json").read_bytes() == before


def test_the_same_fit_gives_the_same_bytes(fitted: Fitted, tmp_path: Path) -> None:
    first, second = (publish(tmp_path / each, fitted) for each in ("a", "b"))

    for name in ("manifest.json", "product.toml", "model.ubj", "golden.json"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_an_entity_of_two_formats_is_not_served(published: Path, fitted: Fitted) -> None:
    text = fitted.product.source.replace('"parcel_claim"', '"parcel_loss"')
    text = text.replace("[entities.customer]", '[entities.customer]\nformat = "iban"')
    publish(published.parent.parent, replace(fitted, product=product_from(text, "loss.toml")))

    with pytest.raises(BundleMismatch, match="entity customer: format plain in parcel_claim, iban"):
        load_champions(published.parent.parent)
