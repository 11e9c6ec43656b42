"""What an operator may set, and how a typo is told."""

from pathlib import Path

import pytest

from riskscore.errors import ConfigError
from riskscore.settings import Settings, settings_from


def test_everything_has_a_default() -> None:
    assert settings_from({"HOME": "/root"}) == Settings()


def test_every_setting_is_read() -> None:
    settings = settings_from(
        {
            "RISKSCORE_MODELS": "/srv/models",
            "RISKSCORE_DATABASE_URL": "postgresql+psycopg://risk@db/risk",
            "RISKSCORE_KNOWN_SINCE": "2026-01-01",
            "RISKSCORE_MAX_BODY": "1000",
            "RISKSCORE_MAX_DEPTH": "8",
            "RISKSCORE_LOG_LEVEL": "WARNING",
            "RISKSCORE_BIND": "[::1]:9000",
            "RISKSCORE_WORKERS": "4",
            "RISKSCORE_TIMEOUT": "30",
        }
    )

    assert settings == Settings(
        models=Path("/srv/models"),
        database_url="postgresql+psycopg://risk@db/risk",
        known_since=1_767_225_600_000_000,
        max_body=1_000,
        max_depth=8,
        log_level="WARNING",
        bind="[::1]:9000",
        workers=4,
        timeout=30,
    )


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("RISKSCORE_MODEL", "models", "not known here"),
        ("RISKSCORE_", "x", "not known here"),
        ("RISKSCORE_models", "models", "not known here"),
        ("RISKSCORE_MODELS", "", "expected a folder"),
        ("RISKSCORE_DATABASE_URL", "mysql://db", "expected sqlite:///FILE or postgresql://..."),
        ("RISKSCORE_DATABASE_URL", "sqlite:///", "expected sqlite:///FILE or postgresql://..."),
        ("RISKSCORE_KNOWN_SINCE", "yesterday", "expected a date-time with offset"),
        ("RISKSCORE_KNOWN_SINCE", "2026-13-01", "expected a date"),
        ("RISKSCORE_MAX_BODY", "2M", "expected bytes from 1 to 1073741824"),
        ("RISKSCORE_MAX_BODY", "0", "expected bytes from 1 to 1073741824"),
        ("RISKSCORE_MAX_DEPTH", "3", "expected a depth from 4 to 512"),
        ("RISKSCORE_LOG_LEVEL", "info", "expected one of DEBUG, INFO, WARNING, ERROR"),
        ("RISKSCORE_BIND", "8000", "expected HOST:PORT"),
        ("RISKSCORE_BIND", "127.0.0.1:99999", "expected HOST:PORT with a port up to 65535"),
        ("RISKSCORE_BIND", "127.0.0.1:65536", "expected HOST:PORT with a port up to 65535"),
        ("RISKSCORE_BIND", "127.0.0.1:8000\n", "expected HOST:PORT"),
        ("RISKSCORE_WORKERS", "1.5", "expected a number from 1 to 512"),
        ("RISKSCORE_TIMEOUT", "-1", "expected seconds from 1 to 3600"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str, expected: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        settings_from({name: value})

    assert str(refusal.value).startswith(f"{name}: {expected}")
    assert "\n" not in str(refusal.value)


def test_every_wrong_setting_is_named_at_once() -> None:
    with pytest.raises(ConfigError, match=r"^RISKSCORE_PORT: .+ \| RISKSCORE_WORKERS: "):
        settings_from({"RISKSCORE_WORKERS": "many", "RISKSCORE_PORT": "80"})


def test_a_password_is_not_repeated() -> None:
    with pytest.raises(ConfigError) as refusal:
        settings_from({"RISKSCORE_DATABASE_URL": "mysql://risk:hunter2@db"})

    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "kept"),
    [("a=1d", (("a", 1),)), ("sim=400d  bank_2=30d", (("sim", 400), ("bank_2", 30)))],
)
def test_each_product_has_its_time(text: str, kept: tuple[tuple[str, int], ...]) -> None:
    assert settings_from({"RISKSCORE_RETENTION": text}).retention == kept


@pytest.mark.parametrize("text", ["", "400d", "a=0d", "a=9d a=8d", "a=9d,b=8d", "A=9d", "a=9"])
def test_a_malformed_retention_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="RISKSCORE_RETENTION: expected PRODUCT=400d"):
        settings_from({"RISKSCORE_RETENTION": text})


def test_keys_are_said_to_be_in_one_place() -> None:
    both = {"RISKSCORE_PSEUDONYM_KEYS": "env:KEYS", "RISKSCORE_PSEUDONYM_KEY_FILE": "/srv/keys"}

    with pytest.raises(ConfigError, match="not both"):
        settings_from(both)


@pytest.mark.parametrize("text", ["/srv/keys", "env:", "env:A B", "file:", "command: ", "vault:x"])
def test_keys_are_in_a_file_a_variable_or_printed(text: str) -> None:
    with pytest.raises(ConfigError, match="RISKSCORE_PSEUDONYM_KEYS: expected file:PATH"):
        settings_from({"RISKSCORE_PSEUDONYM_KEYS": text})
