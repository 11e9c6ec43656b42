"""What an operator may set, and how a typo is told."""

from pathlib import Path

import pytest

from riskscore.errors import ConfigError
from riskscore.settings import SECRETS, Settings, SettingsForm, settings_from


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


PASSWORD = "hunter2"  # noqa: S105 - of no database
URL = f"postgresql://risk:{PASSWORD}@db/risk"


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_secret_may_stand_in_a_file(tmp_path: Path, ending: str) -> None:
    file = tmp_path / "url"
    file.write_text(f"{URL}{ending}", newline="")

    assert settings_from({"RISKSCORE_DATABASE_URL_FILE": str(file)}).database_url == URL


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"\xff" + URL.encode(), "not UTF-8"),
        (f"mysql://risk:{PASSWORD}@db".encode(), "expected sqlite:///FILE or postgresql://..."),
        (f"{URL}\n{URL}\n".encode(), "expected sqlite:///FILE or postgresql://..."),
    ],
)
def test_a_file_without_a_secret_is_named_and_not_repeated(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    file = tmp_path / "url"
    file.write_bytes(content)

    with pytest.raises(ConfigError) as refusal:
        settings_from({"RISKSCORE_DATABASE_URL_FILE": str(file)})

    assert str(refusal.value).startswith("RISKSCORE_DATABASE_URL_FILE: ")
    assert str(refusal.value).endswith(reason)
    assert PASSWORD not in str(refusal.value)


@pytest.mark.parametrize(("name", "reason"), [("nowhere", "No such file"), (".", "Is a directory")])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=f"^RISKSCORE_DATABASE_URL_FILE: .+: {reason}"):
        settings_from({"RISKSCORE_DATABASE_URL_FILE": str(tmp_path / name)})


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text(URL)

    with pytest.raises(ConfigError, match="expected it or RISKSCORE_DATABASE_URL, has both"):
        settings_from({"RISKSCORE_DATABASE_URL_FILE": str(file), "RISKSCORE_DATABASE_URL": URL})


def test_only_secrets_stand_in_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^RISKSCORE_WORKERS_FILE: not known"):
        settings_from({"RISKSCORE_WORKERS_FILE": str(tmp_path)})


def test_every_secret_is_a_setting() -> None:
    assert set(SECRETS) <= {each.data_key for each in SettingsForm().fields.values()}


def test_settings_do_not_show_a_password() -> None:
    assert PASSWORD not in repr(settings_from({"RISKSCORE_DATABASE_URL": URL}))
