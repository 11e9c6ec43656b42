"""How long a start takes, until the first reasoned answer."""

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bench.places import BUILD
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
        fresh = ready(with_cache(launch, Path(empty)), body)
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


def with_cache(launch: Launch, folder: Path) -> Launch:
    environ: Mapping[str, str] = {**launch.environ, "NUMBA_CACHE_DIR": str(folder)}
    return replace(launch, environ=environ)


def ready(launch: Launch, body: bytes) -> float:
    with serving(launch, body) as server:
        return server.ready
