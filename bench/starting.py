"""How long a start takes, until the first reasoned answer."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from bench.places import BUILD, ROOT
from bench.proof import first_body
from bench.servers import Launch, serving
from bench.table import Line, over_rounds

COMMAND = "python -m bench.serving --parts start --only ours"
STARTS = 3


def starts(launch: Launch, bodies: Path) -> list[Line]:
    """Start our service with compiled code cached, and with none."""
    body = first_body(bodies)
    cached = [ready(launch, body) for _ in range(STARTS)]
    with tempfile.TemporaryDirectory(dir=BUILD) as empty:
        fresh = ready(replace(launch, folder=uncompiled(Path(empty))), body)
    return [
        over_rounds(
            cached, what="ready after start, compiled code cached", unit="s", command=COMMAND,
            least=3, falling=True,
        ),
        over_rounds(
            [fresh], what="ready after start, compiled code not cached", unit="s",
            command=COMMAND, least=8, falling=True,
        ),
    ]  # fmt: skip


def uncompiled(folder: Path) -> Path:
    """Copy the service without compiled code; a server that runs there imports the copy."""
    kept = shutil.ignore_patterns("numba-*", "*.nbi", "*.nbc")
    shutil.copytree(ROOT / "riskscore", folder / "riskscore", ignore=kept)
    return folder


def ready(launch: Launch, body: bytes) -> float:
    with serving(launch, body) as server:
        return server.ready
