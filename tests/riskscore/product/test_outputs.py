"""Nothing is written over what it is made from."""

from pathlib import Path

import pytest

from riskscore.errors import DataUnreadable
from riskscore.product.outputs import check_output


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """A folder of rows, and a link to it."""
    folder = tmp_path / "rows"
    folder.mkdir()
    (folder / "a.parquet").touch()
    (tmp_path / "link").symlink_to(folder)
    return folder


@pytest.mark.parametrize(
    ("out", "complaint"),
    [
        ("rows/a.parquet", "would overwrite"),
        ("rows/new.csv", "would overwrite"),
        ("link/new.csv", "would overwrite"),
        ("rows/../rows/a.parquet", "would overwrite"),
        ("nowhere/out.csv", "its folder does not exist"),
        ("out.txt", r"ends in \.csv or \.parquet"),
        ("out", r"ends in \.csv or \.parquet"),
    ],
)
def test_what_may_not_be_written_is_refused(
    rows: Path, tmp_path: Path, out: str, complaint: str
) -> None:
    with pytest.raises(DataUnreadable, match=complaint):
        check_output(tmp_path / out, None, rows)


@pytest.mark.parametrize("out", ["out.csv", "rows.parquet", "rows2.CSV"])
def test_another_file_may_be_written(rows: Path, tmp_path: Path, out: str) -> None:
    check_output(tmp_path / out, rows)
