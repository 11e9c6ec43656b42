"""Pseudonyms and the file of their key."""

import re
from pathlib import Path

import pytest

from riskscore.errors import ConfigError
from riskscore.privacy import PseudonymKey, create_key, read_key

KEY = PseudonymKey(1, b"k" * 32)


def test_a_pseudonym_is_one_for_the_same_and_another_for_any_other() -> None:
    names = [
        KEY.pseudonym("default", "msisdn", "+66812345678"),
        KEY.pseudonym("other", "msisdn", "+66812345678"),
        KEY.pseudonym("default", "account", "+66812345678"),
        KEY.pseudonym("default", "msisdn", "+66812345679"),
        PseudonymKey(1, b"x" * 32).pseudonym("default", "msisdn", "+66812345678"),
    ]

    assert KEY.pseudonym("default", "msisdn", "+66812345678") == names[0]
    assert len(set(names)) == len(names)
    assert {len(each) for each in names} == {16}


def test_parts_cannot_run_into_each_other() -> None:
    assert KEY.pseudonym("a", "bc", "d") != KEY.pseudonym("ab", "c", "d")


def test_the_proof_of_a_key_is_no_pseudonym() -> None:
    assert KEY.proof != KEY.pseudonym("", "", "")
    assert KEY.proof != PseudonymKey(1, b"x" * 32).proof


def test_a_key_does_not_show_itself() -> None:
    assert "kkk" not in repr(KEY)


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "pseudonym.key"

    create_key(path)
    first = read_key(path)
    create_key(path)

    assert read_key(path) == first
    assert len(first.secret) == 32
    assert oct(path.stat().st_mode & 0o777) == "0o600"
    assert [each.name for each in tmp_path.iterdir()] == ["pseudonym.key"]


@pytest.mark.parametrize("text", ["", "1", "x" * 64, "0 " + "a" * 64, "1 " + "a" * 63, "1 \xff"])
def test_a_malformed_key_file_is_refused_without_quoting_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "pseudonym.key"
    path.touch(mode=0o600)
    path.write_text(text, "latin-1")

    with pytest.raises(ConfigError, match="expected one line: a version and 64") as refused:
        read_key(path)

    assert "aaa" not in str(refused.value)


def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pseudonym.key"
    create_key(path)
    path.chmod(0o640)

    with pytest.raises(ConfigError, match="expected mode 0600"):
        read_key(path)


def test_a_key_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "pseudonym.key"

    with pytest.raises(ConfigError, match=re.escape(str(path))):
        read_key(path)
    with pytest.raises(ConfigError, match="cannot write"):
        create_key(path)
