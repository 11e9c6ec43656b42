"""``riskscore score``: what can be scored into one file, what must be refused into another."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient

from riskscore.cli import main
from riskscore.product.spec import Product
from tests.portfolios import read_csv, write_csv

GOOD = {
    "reference": "r-1",
    "document": "TH-1",
    "sims_on_document": "30",
    "liveness score": "0.1",
    "avg.spend": "",
    "channel": "dealer",
    "prepaid": "true",
}
BAD = [
    (GOOD | {"reference": "r-2", "sims_on_document": "30.5"}, "sims_on_document: expected a whole"),
    (GOOD | {"reference": "r-3", "document": ""}, "document: required"),
    (GOOD | {"reference": "r-4", "msisdn": "0899"}, "msisdn: expected a phone number"),
    (GOOD | {"reference": "r-5", "occurred_at": "soon"}, "occurred_at: expected a date"),
    (GOOD | {"reference": "", "channel": "dealer"}, "reference: required"),
    (GOOD | {"reference": "r" * 129}, "reference: expected 1 to 128 characters"),
    (GOOD | {"reference": "r\x07"}, "reference: expected 1 to 128 characters"),
    (GOOD | {"reference": "p", "purpose": "Onboard"}, "purpose: expected one of onboard, rescreen"),
    (GOOD | {"reference": "s", "msisdn_since": "2026-01-01"}, "msisdn_since: expected only beside"),
    (GOOD | {"reference": "d", "document_since": "soon"}, "document_since: expected a date"),
    (GOOD | {"reference": "r-7", "channel": "", "prepaid": "maybe"}, "channel: expected one of"),
]
SINCE = ["document_since", "msisdn_since"]
COLUMNS = [*GOOD, "msisdn", *SINCE, "occurred_at", "purpose", "shoe_size"]


def written(path: Path, rows: list[dict[str, str]]) -> Path:
    return write_csv(path, COLUMNS, rows)


def read(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
        return rows
    return [*read_csv(path)]


def score(models: Path, file: Path, out: Path, *more: str) -> Result:
    asked = ["score", "phone_subscription", str(file), "--out", str(out), "--models", str(models)]
    return CliRunner().invoke(main, [*asked, *more])


def test_good_rows_are_scored_and_bad_ones_kept_with_the_reason(
    models: Path, tmp_path: Path
) -> None:
    file = written(tmp_path / "in.csv", [GOOD, *(row for row, _ in BAD), GOOD | {"reference": "z"}])

    result = score(models, file, tmp_path / "out.csv")

    assert result.exit_code == 0
    assert "undeclared columns ignored: shoe_size" in result.stderr
    assert [row["reference"] for row in read(tmp_path / "out.csv")] == ["r-1", "z"]
    refused = read(tmp_path / "out.refused.csv")
    assert [int(row["row"]) for row in refused] == list(range(2, 2 + len(BAD)))
    for row, (sent, reason) in zip(refused, BAD, strict=True):
        assert row["reference"] == sent["reference"]
        assert reason in row["problem"]
    assert "prepaid: expected true, false, 1 or 0" in refused[-1]["problem"]
    assert "0899" not in (tmp_path / "out.refused.csv").read_text()


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_file_of_which_no_row_can_be_scored(models: Path, tmp_path: Path, suffix: str) -> None:
    file, out = written(tmp_path / "in.csv", [row for row, _ in BAD]), tmp_path / f"out.{suffix}"

    result = score(models, file, out)

    assert result.exit_code == 0, result.output
    assert read(out) == []
    assert len(read(tmp_path / "out.refused.csv")) == len(BAD)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_portfolio_and_a_request_get_the_same_answer(
    models: Path, client: FlaskClient, tmp_path: Path, suffix: str
) -> None:
    rows = [GOOD | {"reference": f"r-{sims}", "sims_on_document": str(sims)} for sims in range(40)]

    score(models, written(tmp_path / "in.csv", rows), tmp_path / f"out.{suffix}")

    for row in read(tmp_path / f"out.{suffix}"):
        application = {
            "reference": row["reference"],
            "entities": {"document": "TH-1"},
            "features": {
                "sims_on_document": int(row["reference"].removeprefix("r-")),
                "liveness score": 0.1,
                "channel": "dealer",
                "prepaid": True,
            },
        }
        answer = client.post("/v1/phone-subscription/scores", json=application).get_json()
        assert float(row["probability"]) == answer["probability"]
        assert int(row["score"]) == answer["score"]
        assert row["recommendation"] == answer["recommendation"]
        assert json.loads(row["reasons"]) == answer["reasons"]


def test_parquet_in_keeps_its_types(models: Path, product: Product, tmp_path: Path) -> None:
    columns: dict[str, list[Any]] = {
        "document": ["TH-1", "TH-2"],
        "sims_on_document": [3, 3],
        "channel": ["store", "store"],
        "prepaid": [True, True],
        "foreign_document": [None, False],
        "liveness score": [0.5, float("nan")],
    }
    assert product.name == "phone_subscription"
    pq.write_table(pa.table(columns), tmp_path / "in.parquet")

    score(models, tmp_path / "in.parquet", tmp_path / "out.parquet", "--no-reasons")

    rows = read(tmp_path / "out.parquet")
    assert [row["row"] for row in rows] == [1, 2]
    assert {row["reasons"] for row in rows} == {None}


def test_reasons_change_no_score(models: Path, tmp_path: Path) -> None:
    sims = [GOOD | {"reference": f"r-{each}", "sims_on_document": str(each)} for each in range(40)]
    file = written(tmp_path / "in.csv", sims)
    told, untold = tmp_path / "told.csv", tmp_path / "untold.csv"

    score(models, file, told)
    score(models, file, untold, "--no-reasons")

    assert [row | {"reasons": ""} for row in read(told)] == read(untold)
    assert any(json.loads(row["reasons"]) for row in read(told))


def test_reasons_speak_thai_on_request(models: Path, tmp_path: Path) -> None:
    file = written(tmp_path / "in.csv", [GOOD])

    score(models, file, tmp_path / "out.csv", "--language", "th")

    assert "มี 30 ซิมในเอกสารนี้" in (tmp_path / "out.csv").read_text("utf-8")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (["score", "lottery"], "lottery: not in"),
        (["--record", "--history", "events"], "--record reads the store's history"),
        (["--out", "nowhere/out.csv"], "its folder does not exist"),
        (["--out", "out.txt"], "ends in .csv or .parquet"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    models: Path, tmp_path: Path, change: list[str], complaint: str
) -> None:
    file = written(tmp_path / "in.csv", [GOOD])
    asked = ["score", "phone_subscription", str(file), "--models", str(models)]
    asked += ["--out", str(tmp_path / "out.csv")]
    asked = [*change, *asked[2:]] if change[0] == "score" else [*asked, *change]

    result = CliRunner().invoke(main, asked)

    assert result.exit_code != 0
    assert complaint in result.stderr
    assert not list(tmp_path.glob("*out*"))


def test_a_column_that_every_row_must_have(models: Path, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("channel,prepaid\nstore,true\n")

    result = score(models, tmp_path / "in.csv", tmp_path / "out.csv")

    assert result.exit_code == 1
    assert "column sims_on_document, document: required by phone_subscription" in result.stderr


@pytest.mark.parametrize(("read_from", "out"), [("in.csv", "in.csv"), ("a.refused.csv", "a.csv")])
def test_the_rows_that_are_read_are_never_overwritten(
    models: Path, tmp_path: Path, read_from: str, out: str
) -> None:
    file = written(tmp_path / read_from, [GOOD])
    before = file.read_bytes()

    result = score(models, file, tmp_path / out)

    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {file}: would overwrite")
    assert file.read_bytes() == before


def test_where_nothing_is_refused_there_is_no_file_of_it(models: Path, tmp_path: Path) -> None:
    file = written(tmp_path / "in.csv", [GOOD])
    (tmp_path / "out.refused.csv").write_text("of an earlier run\n")

    result = score(models, file, tmp_path / "out.csv")

    assert result.stdout == f"1 scored: {tmp_path / 'out.csv'}; none refused\n"
    assert not (tmp_path / "out.refused.csv").exists()


def test_empty_cells_and_words_for_missing_are_told_from_wrong_values(
    models: Path, tmp_path: Path
) -> None:
    rows = [GOOD | {"channel": ""}, GOOD | {"avg.spend": "NaN"}, GOOD | {"channel": "x"}]
    file = written(tmp_path / "in.csv", rows)

    score(models, file, tmp_path / "out.csv")

    empty, word, wrong = (row["problem"] for row in read(tmp_path / "out.refused.csv"))
    assert empty == "channel: expected one of store, dealer, online; is empty"
    assert word.endswith("1e+09; a missing value is an empty cell, not NaN, NA or null")
    assert wrong == "channel: expected one of store, dealer, online"
