"""What ``windows`` says, compiled: the very same functions, in machine code."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba.extending import register_jitable

from riskscore.history import windows

HERE = Path(__file__).parent
SOURCES = ("windows", "compiled", "columns", "ordered", "crowds", "sweep")  # of ``sweep``

# Called by compiled code only: without an entry from Python they compile in half the time.
inner = numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)

for _each in (windows.tally, windows.standing, windows.value):
    register_jitable(_each)  # so that ``measured`` finds them

measured = inner(windows.measured)
value = inner(windows.value)
standing = inner(windows.standing)
begins = inner(windows.begins)
observed = inner(windows.observed)


def kept(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile at the first call, and keep the machine code for later processes.

    numba looks for changes in a function's own file only, and would go on using what an older
    ``windows`` said. So the folder bears the hash of everything that goes in.
    """
    if not os.access(HERE, os.W_OK):
        return numba.njit(function)
    folder, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(_folder())
    try:
        return numba.njit(cache=True)(function)
    finally:
        numba.config.CACHE_DIR = folder


def _folder() -> Path:
    digest = hashlib.sha256()
    for name in SOURCES:
        digest.update((HERE / f"{name}.py").read_bytes())
    return HERE / "__pycache__" / f"numba-{digest.hexdigest()[:16]}"
