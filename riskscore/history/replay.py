"""History columns over files: what the service would have computed, had it been asked then.

read      event files, by the declarations                     folder, page, spelling
keep      in a database that sorts and spills                  receipts, verdicts, watched
sweep     identifier by identifier, in order of receipt        sight, sweep, crowds
gather    in the rows' own order                               gathered

Never imported by a serving worker, for duckdb, numba and pyarrow would cost it memory.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from riskscore.history import folder
from riskscore.history.agreements import Agreement
from riskscore.history.gathered import Gathered
from riskscore.history.loans import Loan, lent, withheld
from riskscore.history.looks import Look, asking_sheet, looks, merged, seen_sheet
from riskscore.history.receipts import (
    Chunk,
    Room,
    Table,
    chunks,
    keep_askers,
    keep_events,
    rows_of,
    workroom,
)
from riskscore.history.sight import Watch, column_of, sight
from riskscore.history.sweep import sweep
from riskscore.history.verdicts import NOTHING, keep_verdicts
from riskscore.history.watched import firsts
from riskscore.product.past import Past
from riskscore.product.spec import Product
from riskscore.product.values import Values


@dataclass(frozen=True, kw_only=True)
class Replay:
    """What is asked of the past.

    Attributes:
        product: Whose history columns.
        events: An event folder.
        looked_at: Declarations of other products that are looked at, by name.
        asking: A file of rows that see the events and are none; None lets the folder's own
            applications of the product ask.
        known_since: Since when everything was watched, microseconds UTC; None to go by the first
            application of each tenant and product.
        scores: Product -> score of each row of its file, instead of the file's own.
        agreements: By which tenants see each other's applications.
        advance: Told of every so many rows swept.
    """

    product: Product
    events: Path
    looked_at: Mapping[str, Product] = field(default_factory=dict)
    asking: Path | None = None
    known_since: int | None = None
    scores: Mapping[str, Values] = field(default_factory=dict)
    agreements: Sequence[Agreement] = ()
    advance: Callable[[int], None] = lambda _: None

    @cached_property
    def declared(self) -> Mapping[str, Product]:
        return {**self.looked_at, self.product.name: self.product}

    @cached_property
    def turns(self) -> list[str]:
        """Products in the order in which what came at one moment was received."""
        return sorted({each.of for each in self.product.history} | {self.product.name})


@dataclass(frozen=True, slots=True)
class Kept:
    """What the room holds: the applications of each product and what became of them."""

    asking: Table
    seen: Mapping[str, Table]
    watches: Mapping[str, Watch]
    tenants: folder.Tenants


def replay(asked: Replay) -> Past:
    """Compute the history columns of every row that asks, in the order of its file.

    Raises:
        ProductInvalid: A column looks at something that is not declared.
        DataUnreadable, DataInvalid: A file is no table or breaks the declaration.
    """
    with workroom() as room:
        kept = keep(room, asked)
        gathered = Gathered(asked.product, rows_of(room, kept.asking.name))
        for look in looks(asked.product):
            for part, loans in lent(look, asked.agreements, kept.tenants):
                for chunk in chunks(room, part, kept.asking, kept.seen[look.of], loans):
                    asked.advance(_sweep(part, chunk, loans, kept, gathered))
    return gathered.past


def keep(room: Room, asked: Replay) -> Kept:
    """Read everything that is needed into the room."""
    tenants: folder.Tenants = {}
    seen = {of: _keep_seen(room, asked, of, tenants) for of in asked.turns}
    asking = seen[asked.product.name]
    if asked.asking is not None:
        asking = _keep_asking(room, asked, asking, tenants)
    watches = {of: _watch(room, asked, seen[of], tenants) for of in asked.turns}
    return Kept(asking, seen, watches, tenants)


def _keep_seen(room: Room, asked: Replay, of: str, tenants: folder.Tenants) -> Table:
    """Store a product's applications; where the folder has none, an empty table."""
    sheet = seen_sheet(asked.product, of, asked.declared)
    path: Path | None = folder.events_of(of, asked.events)
    if of == asked.product.name and asked.asking is None:
        sheet = merged(sheet, asking_sheet(asked.product))
    elif path is not None and folder.is_empty(path):
        path = None
    table = Table(f"seen_{asked.turns.index(of)}", sheet, asked.turns.index(of))
    read = folder.applications(path, sheet, tenants, scores=asked.scores.get(of))
    keep_events(room, table.name, read)
    return table


def _keep_asking(room: Room, asked: Replay, own: Table, tenants: folder.Tenants) -> Table:
    """Store the rows of a file; of what came at one moment they come last."""
    table = Table("asking", asking_sheet(asked.product), len(asked.turns))
    read = folder.applications(asked.asking, table.sheet, tenants, strict=False)
    keep_askers(room, table.name, read, own.name)
    return table


def _watch(room: Room, asked: Replay, table: Table, tenants: folder.Tenants) -> Watch:
    path = asked.events / folder.OUTCOMES
    verdicts = NOTHING
    if not folder.is_empty(path):
        read = folder.outcomes(path, table.sheet.product, tenants)
        verdicts = keep_verdicts(room, table.name, read)
    return Watch(table, firsts(room, table.name), asked.known_since, verdicts)


def _sweep(look: Look, chunk: Chunk, loans: Sequence[Loan], kept: Kept, gathered: Gathered) -> int:
    """Compute the columns of a look for some identifiers, and say how many rows that were."""
    seeing = sight(chunk, kept.watches[look.of], loans)
    barred = withheld(chunk.rows, loans)
    for history in look.columns:
        swept = sweep(column_of(history), seeing.rows, seeing.events(history), chunk.borders)
        gathered.put(history.name, seeing.file_rows, seeing.asking, swept, barred)
    return len(chunk.rows)
