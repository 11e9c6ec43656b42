"""API10:2023 Unsafe consumption of APIs: what others hand us is believed no further than proven."""

import json
import pickle
import shutil
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from riskscore.access.tokens import Issuer
from riskscore.app import create_app
from riskscore.errors import StartupError
from riskscore.history.agreements import read_agreements
from riskscore.model.bundle import load_champion
from riskscore.model.manifest import sealed
from riskscore.product.spec import Product
from riskscore.product.toml import read_file
from riskscore.settings import Settings

Json = dict[str, Any]


@pytest.fixture
def version(models: Path, product: Product, tmp_path: Path) -> Path:
    """A bundle that somebody else sent us."""
    folder = Path(shutil.copytree(models, tmp_path / "models"))
    return folder / product.name / "1"


def refused(version: Path) -> str:
    settings = Settings(
        models=version.parent.parent, database_url=f"sqlite:///{version.parent}/riskscore.db"
    )
    with pytest.raises(StartupError) as refusal:
        create_app(settings)
    return str(refusal.value)


@pytest.mark.parametrize("name", ["model.ubj", "product.toml", "golden.json", "manifest.json"])
@pytest.mark.parametrize(
    "damage",
    [lambda content: content + b" ", lambda content: content[:-1], lambda _: b""],
    ids=["longer", "shorter", "empty"],
)
def test_a_bundle_that_was_touched_on_its_way_stops_the_start(
    version: Path, name: str, damage: Callable[[bytes], bytes]
) -> None:
    file = version / name
    changed = damage(file.read_bytes())
    if name == "manifest.json" and changed.endswith(b"} "):
        pytest.skip("a blank behind JSON changes nothing of it")
    file.write_bytes(changed)

    assert name in refused(version)


class Bomb:
    """What a pickle does to whoever reads it."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Path]]:
        return Path.touch, (self.target,)


def test_a_model_that_is_a_pickle_is_not_unpickled(version: Path, tmp_path: Path) -> None:
    target = tmp_path / "exploded"
    (version / "model.ubj").write_bytes(pickle.dumps(Bomb(target)))
    vouch(version, {"model.ubj": sha256((version / "model.ubj").read_bytes()).hexdigest()})

    reason = refused(version)

    assert "model.ubj" in reason
    assert not target.exists()


@pytest.mark.parametrize("name", ["../../../secret", "/secret", "model.ubj/../../secret"])
def test_a_manifest_reaches_for_no_file_elsewhere(version: Path, name: str) -> None:
    vouch(version, {name: "0" * 64})

    bundle = load_champion(version.parent)  # to open a file that is not there would fail

    assert bundle.version == "1"


def test_a_champion_names_no_folder_elsewhere(version: Path, tmp_path: Path) -> None:
    shutil.copytree(version, tmp_path / "elsewhere")
    (version.parent / "champion").write_text("../../elsewhere\n")

    assert "champion" in refused(version)


def vouch(version: Path, hashes: Mapping[str, str]) -> None:
    """Write a manifest that vouches for files, sealed as whoever made them could."""
    manifest = json.loads((version / "manifest.json").read_text())
    manifest["files"] |= hashes
    (version / "manifest.json").write_text(json.dumps(sealed(manifest)))


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"[[feature]]\nname = 1", b"a = " + b"[" * 9_999]
)
def test_a_product_file_of_others_is_refused_in_a_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "product.toml"
    file.write_bytes(content)

    with pytest.raises(StartupError) as refusal:
        read_file(file)

    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"[[agreement]]\nfrom = 1", b"a = " + b"[" * 9_999]
)
def test_agreements_of_others_are_refused_in_a_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "agreements.toml"
    file.write_bytes(content)

    with pytest.raises(StartupError) as refusal:
        read_agreements(file)

    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b'{"keys": 1}',
        b'{"keys": [1]}',
        b'{"keys": [{"kty": "oct"}]}',
        b"[" * 100_000,
        b"\xff",
    ],
    ids=["empty", "page", "list", "null", "number", "numbers", "half", "deep", "bytes"],
)
def test_keys_of_an_issuer_that_are_none_stop_the_start(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "jwks.json"
    file.write_bytes(content)

    with pytest.raises(StartupError, match="no JSON Web Key Set"):
        Issuer(source=str(file), issuer="i", audience="a", tenant_claim="tenant")
