"""Files of sharing agreements: read, refused with the reason, and read again when they change."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from riskscore.cli import main
from riskscore.errors import AgreementInvalid
from riskscore.history.agreements import Book, read_agreements
from riskscore.product.moments import microseconds
from riskscore.product.toml import read_product

TERMS = """
[[agreement]]
name = "sims_for_openings"
gives = "telecom_a"
gets = "bank_b"
product = "sim_registration"
measures = ["count", "confirmed"]
windows = ["7d", "90d"]
purpose = "Find accounts opened with SIMs in borrowed names"
legal_basis = "Section 4"
from = 2026-01-01
until = 2027-01-01
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "agreements.toml"
    path.write_text(TERMS)
    return path


def day(year: int, month: int = 1) -> int:
    return microseconds(datetime(year, month, 1, tzinfo=UTC))


def test_an_agreement_is_in_force_from_its_first_day_to_the_last(file: Path) -> None:
    [agreement] = read_agreements(file)

    assert not agreement.in_force(day(2026) - 1)
    assert agreement.in_force(day(2026))
    assert agreement.in_force(day(2027) - 1)
    assert agreement.over(day(2027))


def test_a_withdrawn_one_is_over_that_day(file: Path) -> None:
    file.write_text(TERMS + "withdrawn = 2026-06-01\n")

    [agreement] = read_agreements(file)

    assert agreement.in_force(day(2026, 6) - 1)
    assert agreement.over(day(2026, 6))


def test_it_covers_columns_by_product_measure_and_window(file: Path) -> None:
    [agreement] = read_agreements(file)
    columns = {each.name: each for each in read_product("account_opening").history}
    column = columns["sims_by_document_7d"]

    assert agreement.covers(column)
    assert not agreement.covers(replace(column, of="account_opening"))
    assert not agreement.covers(replace(column, measure="latest", what="score"))
    assert not agreement.covers(replace(column, window=timedelta(days=8)))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('gets = "bank_b"', 'gets = "telecom_a"', "gets: expected another tenant"),
        ('gets = "bank_b"', 'gets = "Bank B"', "gets: expected a tenant's name"),
        ('"count", "confirmed"', '"sum"', "measures.0: expected one of count"),
        ('"count", "confirmed"', "", "measures: expected some of count"),
        ('"7d", "90d"', '"week"', "windows.0: expected a span such as"),
        ("until = 2027-01-01", "until = 2025-01-01", "until: expected a later date than from"),
        ("until = 2027-01-01", 'until = "2027"', "until: expected a date"),
        ("until = 2027-01-01", "", "until: required"),
        ('legal_basis = "Section 4"', "", "legal_basis: required: expected text"),
        ("[[agreement]]", "[agreement]", "expected tables [[agreement]]"),
        ('name = "sims', 'secret = 1\nname = "sims', "secret: not known here"),
        ("from =", "from", "not TOML"),
    ],
)
def test_what_breaks_the_form_is_refused(file: Path, old: str, new: str, reason: str) -> None:
    file.write_text(TERMS.replace(old, new))

    with pytest.raises(AgreementInvalid) as error:
        read_agreements(file)

    assert reason in str(error.value)
    assert str(file) in str(error.value)


def test_two_that_would_count_an_application_twice_are_refused(file: Path) -> None:
    file.write_text(TERMS + TERMS.replace("sims_for_openings", "again"))

    with pytest.raises(AgreementInvalid, match="in force at the same time"):
        read_agreements(file)


def test_a_name_stands_once(file: Path) -> None:
    file.write_text(TERMS + TERMS.replace("telecom_a", "telecom_c"))

    with pytest.raises(AgreementInvalid, match="name: used twice"):
        read_agreements(file)


def test_a_changed_file_is_read_again(file: Path) -> None:
    book = Book(file)

    file.write_text(TERMS + "withdrawn = 2026-06-01\n")

    assert book.current()[0].ends == day(2026, 6)


@pytest.mark.parametrize("text", ["[[agreement", None], ids=["broken", "gone"])
def test_a_file_that_cannot_be_read_any_more_ends_all(file: Path, text: str | None) -> None:
    book = Book(file)
    file.unlink()
    if text is not None:
        file.write_text(text)

    assert book.current()[0].over(day(2026))


def test_the_check_says_who_sees_what(file: Path) -> None:
    done = CliRunner().invoke(main, ["agreements", "check", str(file)])

    assert done.exit_code == 0
    assert "sims_for_openings: telecom_a to bank_b" in done.output
    assert "account_opening.sims_by_document_7d" in done.output


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("sim_registration", "sims", "expected one of the products"),
        ('"7d", "90d"', '"5d"', "ask for"),
    ],
)
def test_the_check_fails_where_nothing_is_covered(
    file: Path, old: str, new: str, reason: str
) -> None:
    file.write_text(TERMS.replace(old, new))

    done = CliRunner().invoke(main, ["agreements", "check", str(file)])

    assert done.exit_code == 1
    assert "NOTHING: " in done.output
    assert reason in done.output
