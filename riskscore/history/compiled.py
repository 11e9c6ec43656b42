"""What ``windows`` says, compiled: the very same functions, in machine code."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.extending import register_jitable

from riskscore.history import windows

HERE = Path(__file__).parent
SOURCES = ("windows", "compiled", "columns", "ordered", "crowds", "sweep")  # of ``sweep``

njit: Any = numba.njit  # its types know neither of its options nor of ours
config: Any = numba.config
Code = TypeVar("Code", bound=Callable[..., Any])


def inner(function: Code) -> Code:
    """Compile for compiled callers only: without an entry from Python it takes half the time."""
    compiled: Code = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
    return compiled


for _each in (windows.tally, windows.distinct, windows.standing, windows.value):
    register_jitable(_each)  # so that ``measured`` finds them

measured = inner(windows.measured)
value = inner(windows.value)
standing = inner(windows.standing)
begins = inner(windows.begins)
observed = inner(windows.observed)


def kept(function: Code) -> Code:
    """Compile at the first call, and keep the machine code for later processes.

    numba looks for changes in a function's own file only, and would go on using what an older
    ``windows`` said. So the folder bears the hash of everything that goes in.
    """
    if not os.access(HERE, os.W_OK):
        uncached: Code = njit(function)
        return uncached
    folder, config.CACHE_DIR = config.CACHE_DIR, str(_folder())
    try:
        compiled: Code = njit(cache=True)(function)
        return compiled
    finally:
        config.CACHE_DIR = folder


def _folder() -> Path:
    digest = hashlib.sha256()
    for name in SOURCES:
        digest.update((HERE / f"{name}.py").read_bytes())
    return HERE / "__pycache__" / f"numba-{digest.hexdigest()[:16]}"
