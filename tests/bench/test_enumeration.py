"""What the enumeration bench finds."""

import pytest

from bench.enumeration import main


def test_the_key_finds_every_number_and_the_replaced_one_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["--numbers", "5000", "--processes", "2"])

    now, before = capsys.readouterr().out.splitlines()
    assert "with the key: 1000 of 1000 found among 5,000 numbers" in now
    assert "with the key before it: 0 of 1000 found" in before
