"""Pseudonyms and the keys they are made with."""

from itertools import combinations

import pytest

from riskscore.keyring import next_key
from riskscore.privacy import PseudonymKey

KEY = PseudonymKey("default", 1, b"k" * 32, b"s" * 32)
FIRST_FORM = PseudonymKey("default", 1, b"k" * 32, None)


def test_a_pseudonym_is_one_for_the_same_and_another_for_any_other() -> None:
    names = [
        KEY.pseudonym("msisdn", "+66812345678"),
        PseudonymKey("other", 1, b"k" * 32, b"s" * 32).pseudonym("msisdn", "+66812345678"),
        KEY.pseudonym("account", "+66812345678"),
        KEY.pseudonym("msisdn", "+66812345679"),
        PseudonymKey("default", 1, b"x" * 32, b"s" * 32).pseudonym("msisdn", "+66812345678"),
        PseudonymKey("default", 1, b"k" * 32, b"x" * 32).pseudonym("msisdn", "+66812345678"),
        FIRST_FORM.pseudonym("msisdn", "+66812345678"),
    ]

    assert KEY.pseudonym("msisdn", "+66812345678") == names[0]
    assert len(set(names)) == len(names)
    assert {len(each) for each in names} == {16}


def test_parts_cannot_run_into_each_other() -> None:
    assert KEY.digest("bc", "d") != KEY.digest("b", "cd")
    assert KEY.digest("a", "d") != PseudonymKey("defaulta", 1, KEY.secret, None).digest("", "d")


def test_many_are_sealed_as_each_alone_and_open_again() -> None:
    digests = [KEY.digest("msisdn", f"+6681234{place:04}") for place in range(50)]

    sealed = KEY.sealed(digests)

    assert sealed == [KEY.pseudonym("msisdn", f"+6681234{place:04}") for place in range(50)]
    assert KEY.opened(sealed) == digests
    assert not {*sealed} & {*digests}
    assert KEY.sealed([]) == []


def test_the_next_key_keeps_the_digests_and_nothing_that_is_stored() -> None:
    following = next_key(KEY)

    assert following.version == 2
    assert following.digest("msisdn", "+66812345678") == KEY.digest("msisdn", "+66812345678")
    assert following.pseudonym("msisdn", "+66812345678") != KEY.pseudonym("msisdn", "+66812345678")
    assert following.proof != KEY.proof


def test_a_key_of_the_first_form_makes_the_pseudonyms_that_old_databases_hold() -> None:
    assert (
        FIRST_FORM.pseudonym("msisdn", "+66812345678").hex() == "3ccd3cf388f90443e94f78a825a9ced9"
    )
    assert FIRST_FORM.proof.hex() == "9324b6b416e87ee157218c0fcb4a9514"


def test_no_two_proofs_are_alike_and_none_is_a_pseudonym() -> None:
    keys = [KEY, FIRST_FORM, next_key(KEY), PseudonymKey("default", 1, b"x" * 32, b"s" * 32)]

    assert all(one.proof != other.proof for one, other in combinations(keys, 2))
    assert FIRST_FORM.proof != FIRST_FORM.pseudonym("", "")


@pytest.mark.parametrize("key", [KEY, FIRST_FORM])
def test_a_key_does_not_show_itself(key: PseudonymKey) -> None:
    assert "kkk" not in repr(key)
    assert "sss" not in repr(key)
