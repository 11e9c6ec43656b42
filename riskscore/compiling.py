"""Compiled code, kept on disk: what one process compiled, later ones only load.

numba looks for changes in a function's own file only, and would go on using what an older version
of another one said. So the folder it keeps code in bears the hash of everything that goes in. Where
the package cannot be written to, as in an image with a read-only root, code that was kept there
when the image was built is copied to a private temporary folder, for numba wants to write where it
reads: another processor than the builder's compiles anew.
"""

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import numba

njit: Any = numba.njit  # its types know neither of its options nor of ours
config: Any = numba.config
Code = TypeVar("Code", bound=Callable[..., Any])


def inner(function: Code) -> Code:
    """Compile for compiled callers only: without an entry from Python it takes half the time."""
    compiled: Code = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
    return compiled


def inlined(function: Code) -> Code:
    """Compile into the caller: a call would hand over every array, field by field."""
    compiled: Code = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True)(
        function
    )
    return compiled


def keeper(sources: Iterable[Path]) -> Callable[[Code], Code]:
    """Make a decorator that compiles at the first call and keeps the code for later processes.

    What it compiles lets other threads run meanwhile.

    Args:
        sources: Every file that the code is made from, all in one folder.
    """
    folder = _folder(sorted(sources))

    def kept(function: Code) -> Code:
        before, config.CACHE_DIR = config.CACHE_DIR, str(folder or "")
        try:
            compiled: Code = njit(cache=folder is not None, nogil=True)(function)
            return compiled
        finally:
            config.CACHE_DIR = before

    return kept


def _folder(sources: list[Path]) -> Path | None:
    """Name a folder that can be written to; None if there is none."""
    home = sources[0].parent
    content = b"\0".join(each.read_bytes() for each in (Path(__file__), *sources))
    digest = hashlib.sha256(content).hexdigest()[:16]
    shipped = home / "__pycache__" / f"numba-{digest}"
    if os.access(home, os.W_OK):
        return shipped
    with suppress(OSError):
        return _copied(shipped, Path(tempfile.gettempdir(), f"riskscore-{os.getuid()}-{digest}"))
    return None


def _copied(shipped: Path, private: Path) -> Path:
    """Copy what was shipped where only we can write, once for all processes of this user."""
    if private.exists():
        _check_private(private)
        return private
    partial = Path(tempfile.mkdtemp(prefix=f"{private.name}-", dir=private.parent))
    if shipped.is_dir():
        shutil.copytree(shipped, partial, dirs_exist_ok=True)
        for each in (partial, *filter(Path.is_dir, partial.rglob("*"))):
            each.chmod(0o700)
    try:
        partial.rename(private)
    except OSError:  # another process was faster
        shutil.rmtree(partial)
        _check_private(private)
    return private


def _check_private(folder: Path) -> None:
    """Refuse a folder that somebody else could have put code in."""
    found = folder.lstat()
    if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) != 0o700:  # noqa: PLR2004 - a mode
        raise PermissionError(f"{folder}: not ours alone")
