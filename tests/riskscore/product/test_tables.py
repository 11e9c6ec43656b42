"""Files of rows, whole and damaged."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from riskscore.errors import DataUnreadable
from riskscore.product.tables import column_names, read_batches, writer


def rows(path: Path) -> list[dict[str, object]]:
    return [row for batch in read_batches(path) for row in batch.to_pylist()]


def test_a_csv_file_is_read_as_text(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('\ufeffa,b\n1,"x\ny"\n,2\n', encoding="utf-8")

    assert column_names(path) == ["a", "b"]
    assert rows(path) == [{"a": "1", "b": "x\ny"}, {"a": "", "b": "2"}]


def test_a_folder_of_parts_is_read_in_order(tmp_path: Path) -> None:
    for part in (2, 1):
        pq.write_table(pa.table({"a": [part], "b": ["x"]}), tmp_path / f"part-{part}.parquet")

    read = [row for batch in read_batches(tmp_path, only=["a"]) for row in batch.to_pylist()]

    assert read == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"a,b\n", "rows"),
        (b"a,a\n1,2\n", "'a' stands more than once"),
        (b"a,b\n1,2\n1,2,3\n", "row 2 has 3 values, the header has 2"),
        (b"a,b\n1,\xff\n", "UTF-8"),
        (b"\xff\xfe,b\n1,2\n", "UTF-8"),
    ],
)
def test_a_damaged_csv_file_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)

    with pytest.raises(DataUnreadable, match=reason):
        rows(path)


def test_a_truncated_parquet_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": range(1000)}), path)
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(DataUnreadable, match="not a csv or parquet file"):
        rows(path)


@pytest.mark.parametrize("name", ["absent.csv", "absent.parquet", "."])
def test_a_file_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataUnreadable):
        rows(tmp_path / name)


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_a_file_appears_only_when_complete(tmp_path: Path, name: str) -> None:
    batch = pa.record_batch({"a": ["1"]})

    with writer(tmp_path / name, batch.schema) as write:
        write(batch)
        assert not (tmp_path / name).exists()

    assert rows(tmp_path / name) == [{"a": "1"}]


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_an_interrupted_file_leaves_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupted(tmp_path / name)

    assert not list(tmp_path.iterdir())


def interrupted(path: Path) -> None:
    with writer(path, pa.schema({"a": "int64"})) as write:
        write(pa.record_batch({"a": [1]}))
        raise KeyboardInterrupt
