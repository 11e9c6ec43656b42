"""How fast history is replayed, and in how much memory: ``python -m bench.replay``.

A simulated country of some five million events, in which a few dealers, clerks and branches are
made so large that each has 100,000 rows and more; every built-in product's windows over it.
"""

import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import click
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from riskscore.product.toml import built_in
from training.commands.simulate import simulate_command

LARGE = {"dealer": "D-LARGE-", "clerk": "C-LARGE-", "branch": "B-LARGE-"}
SHARE = 0.2  # of all rows that the large ones serve
ONE = r"""
import re, sys, time
from pathlib import Path
from riskscore.history.replay import Replay, replay
from riskscore.product.declared import looked_at
from riskscore.product.toml import read_product
product, begun = read_product(sys.argv[1]), time.monotonic()
past = replay(Replay(product=product, events=Path(sys.argv[2]), looked_at=looked_at(product, ())))
seconds, busy = time.monotonic() - begun, time.process_time()
rows = len(next(iter(past.values.values())))
peak = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024**2
print(f"{product.name}: {rows:,} rows, {len(past.values)} columns: {seconds:.0f} s, "
      f"{busy:.0f} s of processor time, {peak:.2f} GiB")
"""


@click.command()
@click.option("--events", type=click.Path(path_type=Path), help="A folder to use as it is.")
@click.option("--people", default=1_050_000, show_default=True)
@click.option("--days", default=365, show_default=True)
@click.option("--seed", default=3, show_default=True)
@click.option("--large", default=2, show_default=True, help="How many very large desks of a kind.")
def main(events: Path | None, people: int, days: int, seed: int, large: int) -> None:
    """Print seconds and peak memory of each product, each in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        if events is None:
            events = Path(folder) / "country"
            order = ["--people", people, "--days", days, "--seed", seed]
            words = [str(each) for each in ("--out", events, *order)]
            simulate_command.main(words, standalone_mode=False)
            enlarge(events, large)
        begun = time.monotonic()
        for name in built_in():
            click.echo(f"{name}: {largest(events / f'{name}.parquet')}")
            subprocess.run([sys.executable, "-c", ONE, name, str(events)], check=True)
        click.echo(f"together {time.monotonic() - begun:.0f} s")


def enlarge(folder: Path, large: int) -> None:
    """Let a share of all rows be served at a few desks."""
    rng = np.random.default_rng(0)
    for name in built_in():
        table = pq.read_table(folder / f"{name}.parquet")
        moved = pa.array(rng.random(len(table)) < SHARE)
        for entity in LARGE.keys() & set(table.schema.names):
            words = pa.array([f"{LARGE[entity]}{number}" for number in range(large)])
            desks = words.take(pa.array(rng.integers(0, large, len(table))))
            desks = pc.if_else(moved, desks, table[entity].combine_chunks())
            table = table.set_column(table.schema.get_field_index(entity), entity, desks)
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd")


def largest(path: Path) -> str:
    """Say how many rows the largest desk of each kind has."""
    names = [name for name in LARGE if name in pq.read_schema(path).names]
    table = pq.read_table(path, columns=names)
    most = {name: Counter(table[name].to_pylist()) for name in names}
    return ", ".join(
        f"largest {name} {max(count for word, count in found.items() if word):,} rows"
        for name, found in most.items()
    )


if __name__ == "__main__":
    main()
