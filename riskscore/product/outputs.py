"""Where a table may be written: never over what it is made from."""

from pathlib import Path

from riskscore.errors import DataUnreadable

SUFFIXES = (".csv", ".parquet")


def check_output(out: Path, *inputs: Path | None) -> None:
    """Refuse a file to write before any work is done for it.

    Args:
        out: The file to write.
        inputs: The files and folders that are read; None for those not given.

    Raises:
        DataUnreadable: It is, or lies in, what is read; its folder does not exist; or its suffix
            does not say in which form to write.
    """
    if out.suffix.lower() not in SUFFIXES:
        raise DataUnreadable(f"{out}: expected a name that ends in {' or '.join(SUFFIXES)}")
    if not out.parent.is_dir():
        raise DataUnreadable(f"{out}: its folder does not exist")
    if out.is_dir():
        raise DataUnreadable(f"{out}: is a folder: expected the name of a file")
    for each in inputs:
        if each is not None and out.resolve().is_relative_to(each.resolve()):
            raise DataUnreadable(f"{out}: would overwrite {each}, which is read: name another file")
