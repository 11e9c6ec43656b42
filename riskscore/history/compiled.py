"""What ``windows`` says, compiled: the very same functions, in machine code."""

from pathlib import Path

from numba.extending import register_jitable

from riskscore.compiling import inner, keeper
from riskscore.history import windows

HERE = Path(__file__).parent
SOURCES = ("windows", "compiled", "columns", "ordered", "crowds", "sweep")  # of ``sweep``

for _each in (windows.tally, windows.distinct, windows.standing, windows.value):
    register_jitable(_each)  # so that ``measured`` finds them

measured = inner(windows.measured)
value = inner(windows.value)
standing = inner(windows.standing)
begins = inner(windows.begins)
observed = inner(windows.observed)
kept = keeper(HERE / f"{name}.py" for name in SOURCES)
