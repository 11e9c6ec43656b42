"""The command line, as far as it goes without becoming the server."""

import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from riskscore.cli import main
from riskscore.product.spec import Product


@pytest.fixture(autouse=True)
def still_us(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail rather than become a server."""
    monkeypatch.delattr(os, "execve")


def run(*arguments: str, **environ: str) -> Result:
    return CliRunner().invoke(main, arguments, env=environ)


@pytest.fixture
def damaged(models: Path, product: Product, tmp_path: Path) -> Path:
    """A private copy of the models, with one byte too many."""
    folder = Path(shutil.copytree(models, tmp_path / "models"))
    with (folder / product.name / "1" / "model.ubj").open("ab") as file:
        file.write(b"x")
    return folder


def test_sound_bundles_are_proven(models: Path) -> None:
    result = run("check", str(models))

    champion, version = result.output.splitlines()
    assert result.exit_code == 0
    assert champion.split()[:3] == ["phone_subscription", "champion", "ok"]
    assert version.split()[:3] == ["phone_subscription", "1", "ok"]


def test_a_broken_bundle_is_named(damaged: Path) -> None:
    result = run("check", str(damaged))

    assert result.exit_code == 1
    assert result.output.count("BROKEN") == 2
    assert "model.ubj: not the file that the manifest was written for" in result.output


@pytest.mark.parametrize(
    ("inner", "what"), [("phone_subscription", "product"), ("phone_subscription/1", "version")]
)
@pytest.mark.parametrize("command", ["check", "score"])
def test_one_folder_taken_for_another_is_said(
    models: Path, tmp_path: Path, inner: str, what: str, command: str
) -> None:
    out = ["phone_subscription", "in.csv", "--out", str(tmp_path / "o.csv"), "--models"]
    arguments = [command, *(out if command == "score" else []), str(models / inner)]

    result = run(*arguments)

    assert result.exit_code == 1
    assert f"is the folder of a {what}: expected a folder of products" in result.output


@pytest.mark.parametrize("missing", ["", "nowhere"])
def test_a_folder_without_models_is_an_error(tmp_path: Path, missing: str) -> None:
    result = run("check", str(tmp_path / missing))

    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {tmp_path}")
    assert len(result.output.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "environ", "reason"),
    [
        (["--bind", "nonsense"], {}, "RISKSCORE_BIND: expected HOST:PORT"),
        (["--workers", "0"], {}, "RISKSCORE_WORKERS: expected a number from 1 to 512"),
        ([], {"RISKSCORE_MODEL": "m"}, "RISKSCORE_MODEL: not known here"),
        (
            ["--dev", "--bind", "0.0.0.0:8000"],
            {},
            "BIND: expected an address of this machine",
        ),
        (
            ["--dev"],
            {"RISKSCORE_BIND": "[::]:8000"},
            "BIND: expected an address of this machine",
        ),
        (
            ["--dev", "--bind", "127.evil.example:80"],
            {},
            "BIND: expected an address of this machine",
        ),
        ([], {"RISKSCORE_JWKS": "keys.json"}, "RISKSCORE_JWT_ISSUER: required"),
    ],
)
def test_what_cannot_be_served_is_refused(
    arguments: list[str], environ: dict[str, str], reason: str
) -> None:
    result = run("serve", *arguments, **environ)

    assert result.exit_code != 0
    assert reason in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "command",
    [
        ("score", "sim_registration", "rows.csv", "--out", "scored.csv", "--record"),
        ("subject", "report", "--entity", "msisdn"),
        ("purge", "--older-than", "400d"),
        ("keys", "create", "desk", "--scope", "admin"),
    ],
    ids=" ".join,
)
def test_no_command_takes_for_a_tenant_what_names_the_key_of_an_agreement(
    command: tuple[str, ...],
) -> None:
    refused = run(*command, "--tenant", "agreement sims")

    assert refused.exit_code == 2
    assert "expected a tenant's name" in refused.output
