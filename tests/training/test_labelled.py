"""Labelled tables: what is read, and what is refused in one clear line."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskscore.errors import DataInvalid, DataUnreadable, RiskScoreError
from riskscore.product.spec import Product
from riskscore.product.toml import product_from
from training.datasets import Source
from training.errors import ColumnsMissing, LabelsInvalid, OptionInvalid
from training.read import read_dataset

Change = Callable[[pd.DataFrame], pd.DataFrame]
Cell = str | float


def test_values_come_as_they_are(registrations: Product, frame: pd.DataFrame, csv: Path) -> None:
    dataset = read_dataset(registrations, Source(path=csv))

    names = [each.name for each in registrations.columns]
    assert names == ["sims", "liveness", "port_in", "channel", "sims_over_liveness"]
    assert dataset.matrix.dtype == np.float32
    np.testing.assert_array_equal(dataset.matrix[:, 0], frame["sims"])
    np.testing.assert_allclose(dataset.matrix[:, 1], frame["liveness"], rtol=1e-6)
    np.testing.assert_array_equal(dataset.matrix[:, 2], frame["port_in"])
    codes = frame["channel"].map({"store": 0, "dealer": 1, "online": 2})
    np.testing.assert_array_equal(dataset.matrix[:, 3], codes)
    np.testing.assert_array_equal(dataset.labels, frame["label"])


def test_csv_parquet_and_parts_are_one_table(
    registrations: Product, dated: pd.DataFrame, tmp_path: Path
) -> None:
    parts = tmp_path / "parts"
    parts.mkdir()
    dated.to_csv(tmp_path / "rows.csv", index=False)
    dated.to_parquet(tmp_path / "rows.parquet")
    dated[:700].to_parquet(parts / "a.parquet")
    dated[700:].astype({"label": float, "sims": float}).to_parquet(parts / "b.parquet")

    prints = {
        read_dataset(registrations, Source(path=tmp_path / name)).fingerprint
        for name in ("rows.csv", "rows.parquet", "parts")
    }

    assert len(prints) == 1


@pytest.mark.parametrize(
    "labels",
    [[0, 1], [0.0, 1.0], [False, True], ["0", "1"], ["0.0", "1.0"], ["False", "TRUE"]],
)
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_labels_may_be_spelled_as_programs_spell_them(
    registrations: Product, frame: pd.DataFrame, tmp_path: Path, suffix: str, labels: list[object]
) -> None:
    path = tmp_path / f"rows.{suffix}"
    spelled = frame.assign(label=frame["label"].map({0: labels[0], 1: labels[1]}))
    spelled.to_csv(path, index=False) if suffix == "csv" else spelled.to_parquet(path)

    dataset = read_dataset(registrations, Source(path=path))

    np.testing.assert_array_equal(dataset.labels, frame["label"])


def test_a_category_column_of_pandas_is_read(
    registrations: Product, frame: pd.DataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "rows.parquet"
    frame.astype({"channel": "category", "label": "category"}).to_parquet(path)

    dataset = read_dataset(registrations, Source(path=path))

    np.testing.assert_array_equal(dataset.labels, frame["label"])


def test_label_time_and_weight_columns(
    registrations: Product, dated: pd.DataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    renamed = dated.rename(columns={"label": "fraud", "occurred_at": "sold"})
    renamed.assign(weight=2.5).to_csv(path, index=False)

    dataset = read_dataset(registrations, Source(path=path, label="fraud", time="sold"))

    assert dataset.times is not None
    assert dataset.times[1] - dataset.times[0] == 3_600_000_000
    assert set(dataset.weights) == {2.5}
    assert dataset.ignored == ()


def test_undeclared_columns_are_ignored_with_a_notice(
    registrations: Product,
    frame: pd.DataFrame,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "rows.csv"
    known = {"document": "D1", "document_since": "", "age_band": "old", "tenant": "a"}
    frame.assign(**known, shoe_size=43, mood="good").to_csv(path, index=False)

    read_dataset(registrations, Source(path=path))

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.strip().endswith("undeclared columns ignored: shoe_size, mood")


def cell(column: str, value: Cell, *rows: int) -> Change:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        cells = [value if row in rows else each for row, each in enumerate(frame[column])]
        return frame.assign(**{column: pd.Series(cells, dtype=object)})

    return change


def dropped(column: str) -> Change:
    return lambda frame: frame.drop(columns=column)


def of(column: str, value: Cell) -> Change:
    return lambda frame: frame.assign(**{column: value})


WRONG: dict[str, tuple[Change, type[RiskScoreError], str]] = {
    "absent": (dropped("sims"), ColumnsMissing, "columns of registrations are absent: sims"),
    "absent though it may be missing": (dropped("liveness"), ColumnsMissing, "absent: liveness"),
    "no label": (dropped("label"), LabelsInvalid, "no label column 'label'; name it with --label"),
    "out of bounds": (
        cell("sims", 101, 4, 9),
        DataInvalid,
        "column sims: expected a whole number from 0 to 100; 2 rows are not, the first is row 5",
    ),
    "protected": (
        lambda frame: cell("age_band", "middling", 3)(frame.assign(age_band="old")),
        DataInvalid,
        "column age_band: expected one of young, old; 1 rows are not, the first is row 4",
    ),
    "weight beyond float32": (of("weight", 1e39), DataInvalid, "column weight: expected a weight"),
    "missing": (
        cell("sims", "", 3, 5),
        DataInvalid,
        "column sims: 2 rows are empty, the first is row 4: declare missing = true if that is",
    ),
    "missing and wrong": (
        lambda frame: cell("sims", "", 3)(cell("sims", -1, 5)(frame)),
        DataInvalid,
        "1 rows are not, the first is row 6; 1 rows are empty, the first is row 4",
    ),
    "a word for missing": (
        cell("liveness", "NA", 3),
        DataInvalid,
        "the first is row 4 (a missing value is an empty cell, not NaN, NA or null)",
    ),
    "rows": (cell("sims", -1, 3), DataInvalid, "(rows count from 1, without the header)"),
    "another case": (
        lambda frame: frame.rename(columns={"sims": " Sims"}),
        ColumnsMissing,
        "absent: sims; did you mean ' Sims' for sims?",
    ),
    "other columns": (
        lambda frame: frame.rename(columns={"sims": ""}),
        ColumnsMissing,
        "columns found: reference, (unnamed), liveness, port_in, channel, label",
    ),
    "not whole": (cell("sims", 5.5, 3), DataInvalid, "column sims"),
    "nan": (cell("liveness", "nan", 3), DataInvalid, "column liveness"),
    "infinite": (cell("liveness", "inf", 3), DataInvalid, "column liveness"),
    "no flag": (cell("port_in", "yes", 3), DataInvalid, "port_in: expected true, false, 1 or 0"),
    "no word": (cell("channel", "x", 3), DataInvalid, "expected one of store, dealer, online"),
    "label missing": (
        cell("label", "", 6, 7),
        LabelsInvalid,
        "column label: 2 rows have no label, the first is row 7",
    ),
    "label 2": (
        cell("label", 2, 1),
        LabelsInvalid,
        "1 rows have a label other than 0 and 1, the first is row 2",
    ),
    "label 0.5": (cell("label", 0.5, 1), LabelsInvalid, "a label other than 0 and 1"),
    "all innocent": (of("label", 0), LabelsInvalid, "2000 rows has label 0"),
    "all guilty": (of("label", 1), LabelsInvalid, "2000 rows has label 1"),
    "no date": (of("occurred_at", "yesterday"), DataInvalid, "expected a date or date-time"),
    "no such day": (
        lambda frame: frame.assign(occurred_at=["2026-02-30"] + ["2026-02-01"] * 1_999),
        DataInvalid,
        "1 rows are not, the first is row 1",
    ),
    "date missing": (
        lambda frame: frame.assign(occurred_at=["2026-02-01"] * 1_999 + [""]),
        DataInvalid,
        "1 rows are not, the first is row 2000",
    ),
    "weight below 0": (of("weight", -1), DataInvalid, "column weight: expected a weight"),
    "weight missing": (of("weight", np.nan), DataInvalid, "column weight: expected a weight"),
    "weight no number": (of("weight", "heavy"), DataInvalid, "column weight"),
    "no rows": (lambda frame: frame[:0], DataUnreadable, "no rows"),
}


@pytest.mark.parametrize(("change", "error", "message"), WRONG.values(), ids=WRONG)
def test_wrong_rows_are_refused(  # noqa: PLR0913, PLR0917 - one row of the table above
    registrations: Product,
    frame: pd.DataFrame,
    tmp_path: Path,
    change: Change,
    error: type[RiskScoreError],
    message: str,
) -> None:
    path = tmp_path / "rows.csv"
    change(frame).to_csv(path, index=False)

    with pytest.raises(error) as refused:
        read_dataset(registrations, Source(path=path))

    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_another_separator_is_guessed(
    registrations: Product, frame: pd.DataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    frame.to_csv(path, index=False, sep=";")

    with pytest.raises(LabelsInvalid, match="one column only: is its separator a comma"):
        read_dataset(registrations, Source(path=path))


def test_every_broken_column_is_named(
    registrations: Product, frame: pd.DataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    cell("channel", "pigeon", 3)(frame.assign(sims=-1)).to_csv(path, index=False)

    with pytest.raises(DataInvalid, match=r"column sims.*column channel"):
        read_dataset(registrations, Source(path=path))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"sims,sims,label\n1,2,0\n", "'sims' stands more than once"),
        (
            b"sims,liveness,port_in,channel,label\n1,,,store,0,9\n",
            "row 1 has 6 values, the header has 5",
        ),
        (b"sims,liveness,port_in,channel,label\n1,,,store,0\n1,,,store\n", "row 2 has 4 values"),
        (b"\xff\xfe\x00\x01", "UTF-8"),
    ],
)
def test_a_file_that_is_no_table_is_refused(
    registrations: Product, tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(content)

    with pytest.raises(DataUnreadable, match=message):
        read_dataset(registrations, Source(path=path))


def test_a_truncated_parquet_file_is_refused(
    registrations: Product, frame: pd.DataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "rows.parquet"
    frame.to_parquet(path)
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(DataUnreadable, match=r"rows\.parquet"):
        read_dataset(registrations, Source(path=path))


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        ({"label": "sims"}, LabelsInvalid, "'sims' is a declared feature"),
        ({"label": "sims_over_liveness"}, LabelsInvalid, "is a declared feature"),
        ({"time": "when"}, ColumnsMissing, "no time column 'when'"),
        ({"as_of": 0}, OptionInvalid, "only an event folder"),
    ],
)
def test_wrong_options_are_refused(
    registrations: Product,
    csv: Path,
    source: dict[str, str],
    error: type[RiskScoreError],
    message: str,
) -> None:
    with pytest.raises(error, match=message):
        read_dataset(registrations, Source(path=csv, **source))  # type: ignore[arg-type]


HISTORY = """
[[history]]
name = "documents_7d"
of = "registrations"
entity = "document"
measure = "count"
window = "7d"
"""


def test_history_columns_that_are_absent_are_named(toml: Path, csv: Path) -> None:
    product = product_from(toml.read_text("utf-8") + HISTORY, "x.toml")

    with pytest.raises(ColumnsMissing, match="history columns of registrations are absent: doc"):
        read_dataset(product, Source(path=csv))


def test_history_columns_in_the_table_are_used(
    toml: Path, frame: pd.DataFrame, tmp_path: Path
) -> None:
    product = product_from(toml.read_text("utf-8") + HISTORY, "x.toml")
    path = tmp_path / "rows.csv"
    frame.assign(documents_7d=np.where(frame["sims"] > 5, frame["sims"], np.nan)).to_csv(path)

    dataset = read_dataset(product, Source(path=path))

    column = [each.name for each in product.columns].index("documents_7d")
    assert np.isnan(dataset.matrix[:, column]).sum() == (frame["sims"] <= 5).sum()
