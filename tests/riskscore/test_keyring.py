"""Rings of keys, and where they are kept."""

import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from riskscore.errors import ConfigError
from riskscore.keyring import KeyRing, new_key, next_key, ring_from
from riskscore.keysource import KeySource, key_file, source_from

A, B = "a" * 64, "b" * 64


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pseudonym.key"


def private(path: Path, text: str) -> KeySource:
    path.touch(mode=0o600)
    path.write_text(text, "latin-1")
    return key_file(path)


def test_a_ring_reads_what_it_writes() -> None:
    first = new_key("acme-bank")
    ring = KeyRing(
        own=(next_key(first), first, new_key("agreement swap-1")), shared=((1, bytes.fromhex(A)),)
    )

    again = ring_from(ring.text, "here")

    assert again.of("acme-bank") == ring.of("acme-bank")
    assert again.of("agreement swap-1") == ring.of("agreement swap-1")
    assert again.text == ring.text
    assert "tenant:acme-bank 2 " in ring.text
    assert "agreement:swap-1 1 " in ring.text


def test_owners_share_no_secret() -> None:
    ring = KeyRing(own=(new_key("telco"), new_key("bank")))

    [[telco], [bank]] = [ring.of(owner).values() for owner in ("telco", "bank")]

    assert len({telco.secret, telco.seal, bank.secret, bank.seal}) == 4


def test_a_key_of_the_first_form_is_that_of_every_owner_without_another() -> None:
    ring = ring_from(f"1 {A}\ntenant:bank 2 {A} {B}\n", "here")

    assert {version: key.seal for version, key in ring.of("telco").items()} == {1: None}
    assert [*ring.of("bank")] == [1, 2]
    assert ring.of("bank")[2].seal == bytes.fromhex(B)


def test_an_environment_variable_may_hold_a_ring_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OUR_KEYS", f"tenant:bank 1 {A} {B}; tenant:bank 2 {A} {A}")

    assert [*source_from("env:OUR_KEYS").read().of("bank")] == [1, 2]


def test_a_variable_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigError, match="env:NO_KEYS: expected pseudonym keys, one a line"):
        source_from("env:NO_KEYS").read()


def test_a_command_prints_a_ring(path: Path) -> None:
    private(path, f"tenant:bank 1 {A} {B}\n")

    assert [*source_from(f"command:cat {path}").read().of("bank")] == [1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("false --token s3cret", "command:false: ended with status 1"),
        ("no-such-program --token s3cret", "command:no-such-program: No such file"),
        ("echo s3cret", "command:echo: line 1: expected tenant:NAME"),
    ],
)
def test_a_command_that_fails_is_named_without_its_words(words: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        source_from(f"command:{words}").read()

    assert str(refused.value).startswith(said)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "1",
        "x" * 64,
        "0 " + A,
        "1 " + "a" * 63,
        "1 \xff",
        f"tenant:bank 1 {A}",
        f"tenant: 1 {A} {B}",
        f"bank 1 {A} {B}",
        f"tenant:bank 1 {A} {B} {B}",
    ],
)
def test_a_malformed_ring_is_refused_without_quoting_it(path: Path, text: str) -> None:
    source = private(path, f"tenant:telco 1 {A} {B}\n{text}\n")

    with pytest.raises(ConfigError, match="line 2: expected tenant:NAME") as refused:
        source.read()

    assert "aaa" not in str(refused.value)


@pytest.mark.parametrize("text", [f"1 {A}\n1 {B}", f"tenant:x 1 {A} {B}\ntenant:x 1 {B} {A}"])
def test_a_key_that_is_there_twice_is_refused(path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="twice"):
        private(path, text).read()


def test_an_empty_file_is_refused(path: Path) -> None:
    with pytest.raises(ConfigError, match="found none"):
        private(path, "\n").read()


def test_keys_are_made_once_and_for_the_files_owner_alone(path: Path) -> None:
    source = key_file(path)

    first = source.complete("telco")
    second = source.complete("telco", "bank")

    assert second.of("telco") == first.of("telco")
    assert [*second.of("bank")] == [1]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_those_who_add_keys_at_once_lose_none(path: Path) -> None:
    names = [f"tenant-{place}" for place in range(24)]

    with ThreadPoolExecutor(8) as many:
        [*many.map(key_file(path).complete, names)]

    assert {each.owner for each in key_file(path).read().own} == {*names}


def test_a_file_that_others_may_read_is_refused(path: Path) -> None:
    key_file(path).complete("bank")
    path.chmod(0o640)

    with pytest.raises(ConfigError, match="expected mode 0600"):
        key_file(path).read()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "pseudonym.key"

    with pytest.raises(ConfigError, match=re.escape(str(path))):
        key_file(path).read()
    with pytest.raises(ConfigError, match="cannot write"):
        key_file(path).complete("bank")


def test_only_a_file_is_ours_to_change() -> None:
    with pytest.raises(ConfigError, match="env:OUR_KEYS: not ours to change"):
        source_from("env:OUR_KEYS").complete("bank")
