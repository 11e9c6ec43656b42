"""Encoded rows on disk, for data past memory: written once, read block by block.

A table is parsed, judged and encoded one time only, into float32 rows in a temporary file. To
everybody else the file is an array, mapped into memory; only whoever goes through all of it must
do so by ``in_blocks``, which gives back what was read.
"""

import mmap
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from riskscore.product.encode import Matrix
from training.errors import ScratchFailed

BLOCK = 32_768  # rows read at a time


@contextmanager
def scratch(*, wanted: bool) -> Iterator[Path | None]:
    """Give a folder on disk that goes when it is left, or none; TMPDIR says where it lies."""
    if not wanted:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="riskscore-") as folder:
        yield Path(folder)


class Writing:
    """Writes encoded rows to a new file in a folder, and gives them back as an array."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._rows, self._columns = folder, 0, 0
        self._file = tempfile.NamedTemporaryFile(  # noqa: SIM115 - goes with the folder
            dir=folder, suffix=".float32", delete=False
        )

    def append(self, rows: Matrix) -> None:
        """Add rows, shape (n_rows, n_columns).

        Raises:
            ScratchFailed: The disk is full, or fails.
        """
        try:
            self._file.write(np.ascontiguousarray(rows, np.float32).data)
        except OSError as error:
            raise failed(self._folder, error) from error
        self._rows, self._columns = self._rows + len(rows), rows.shape[1]

    def __len__(self) -> int:
        return self._rows

    def finished(self) -> Matrix:
        try:
            self._file.close()
        except OSError as error:
            raise failed(self._folder, error) from error
        shape = (self._rows, self._columns)
        return np.memmap(self._file.name, np.float32, "r", shape=shape)


def failed(folder: Path, error: OSError) -> ScratchFailed:
    return ScratchFailed(
        f"{folder}: rows cannot be kept on disk: {error.strerror or error}; "
        "TMPDIR names another place for it"
    )


def folder_of(matrix: Matrix) -> Path | None:
    """Say where an array is kept if it is kept on disk."""
    file = getattr(matrix, "filename", None)
    return None if file is None else Path(file).parent


def taken(matrix: Matrix, places: NDArray[np.int64]) -> Matrix:
    """Take rows: of those on disk another part of the file, or a new file beside it."""
    folder = folder_of(matrix)
    if folder is None:
        return matrix[places]
    if len(places) and places[-1] - places[0] + 1 == len(places) and (np.diff(places) == 1).all():
        return matrix[places[0] : places[-1] + 1]
    writing = Writing(folder)
    for rows in in_blocks(matrix, places):
        writing.append(rows)
    return writing.finished()


def in_blocks(matrix: Matrix, places: NDArray[np.int64] | None = None) -> Iterator[Matrix]:
    """Give rows in their order, all unless told which, so many at a time, each block a copy."""
    for start in range(0, len(matrix if places is None else places), BLOCK):
        block = slice(start, start + BLOCK)
        yield np.array(matrix[block if places is None else places[block]], order="C", subok=False)
        give_back(matrix)


def give_back(matrix: Matrix) -> None:
    """Let go of what was read of a file; it is read again when it is looked at again."""
    mapped = getattr(matrix, "_mmap", None)
    if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):  # not on every system
        mapped.madvise(mmap.MADV_DONTNEED)
