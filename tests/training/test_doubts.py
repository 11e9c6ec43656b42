"""A fit says what makes its figures weaker or finer than they look."""

from pathlib import Path

import pandas as pd
import pytest

from tests.training.conftest import Run


def test_fit_says_how_rows_were_split_in_time(
    toml: Path, dated: pd.DataFrame, tmp_path: Path, run: Run
) -> None:
    dated.to_csv(tmp_path / "rows.csv", index=False)

    result = run("fit", toml, tmp_path / "rows.csv", "--out", tmp_path / "models")

    assert "split by time: fit 2026-01-01 to 2026-02-19, stop 2026-02-20 to" in result.stdout
    assert "warning" not in result.stderr


def test_fit_says_that_rows_were_split_at_random_and_who_stays_champion(
    toml: Path, csv: Path, tmp_path: Path, run: Run
) -> None:
    models = tmp_path / "models"
    first = run("fit", toml, csv, "--out", models)

    second = run("fit", toml, csv, "--out", models)

    assert "split at random within each label" in first.stdout
    assert "--time" in first.stdout
    assert "champion is 1" in first.stdout
    assert "champion stays 1" in second.stdout
    assert "to let version 2 take its place: python -m training compare" in second.stdout
    assert "scale" not in second.stderr


def test_fit_says_when_the_scale_no_longer_hits_the_asked_rate(
    toml: Path, csv: Path, tmp_path: Path, run: Run
) -> None:
    other = tmp_path / "strict.toml"
    other.write_text(toml.read_text("utf-8") + "review_fpr = 0.2\n", "utf-8")
    run("fit", toml, csv, "--out", tmp_path / "models")

    result = run("fit", other, csv, "--out", tmp_path / "models")

    assert "the scale of an earlier version stays in force (scale.json)" in result.stderr
    assert "where 20.00% was asked" in result.stderr


@pytest.mark.parametrize("command", [["fit", "--out", "models"], ["crossvalidate", "--folds", "2"]])
def test_copies_are_warned_of_where_there_is_no_time(
    toml: Path, frame: pd.DataFrame, tmp_path: Path, run: Run, command: list[str]
) -> None:
    rows = tmp_path / "rows.csv"
    unlike = frame.dropna()
    pd.concat([unlike, unlike[:100]]).to_csv(rows, index=False)
    name, option, value = command
    value = str(tmp_path / value) if name == "fit" else value

    result = run(name, toml, rows, option, value)

    assert "11% of the rows stand more than once, label and all" in result.stderr


def test_few_positive_rows_are_warned_of(
    toml: Path, frame: pd.DataFrame, tmp_path: Path, run: Run
) -> None:
    rows = tmp_path / "rows.csv"
    rare = pd.concat([frame[frame["label"] == 0], frame[frame["label"] == 1][:60]])
    rare.to_csv(rows, index=False)

    result = run("fit", toml, rows, "--out", tmp_path / "models")

    assert "slice 'fit' holds 36 positive rows, and fewer than 50 are few" in result.stderr
    assert "slice 'test' holds 6 positive rows" in result.stderr
    assert "slice 'calibrate'" not in result.stderr
