"""Progress: silent on what is quick, on stderr only, once."""

import pytest

from riskscore.product.headers import listed
from training import progress
from training.progress import counting


def test_what_is_quick_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    with counting("Working", total=3) as advance:
        advance(3)

    assert capsys.readouterr() == ("", "")


def test_what_takes_long_is_told_on_stderr(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "PATIENCE", -1.0)

    with counting("Working", total=3) as outer:
        outer(1)
        with counting("Digging", total=5) as inner:
            inner(5)
        outer(2)

    told = capsys.readouterr()
    assert told.out == ""
    assert "Working" in told.err
    assert "3/3" in told.err
    assert "Digging" not in told.err


def test_many_names_are_counted() -> None:
    assert listed(["a", "b"]) == "a, b"
    assert listed([str(number) for number in range(13)]).endswith(", 9 and 3 more")
