"""An event folder, read file by file: what came in, and what was found out later.

``<product>.parquet`` holds the applications of a product, ``outcomes.parquet`` the outcomes of all.
Tenant ``default``, purpose ``onboard`` and receipt at the event's own time stand for what is not
there. A value that the service would refuse is refused here, too, with its column, how many rows
have it and the first of them: an application that could never have come in must not count.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskscore.errors import DataInvalid
from riskscore.history.looks import Sheet
from riskscore.history.page import Page
from riskscore.history.windows import ALWAYS, NONE
from riskscore.product.refusals import Refusals
from riskscore.product.tables import column_names, is_text, read_batches, row_count
from riskscore.product.values import Values

PURPOSES = ("onboard", "rescreen", "backfill", "test")
COUNTING = ("onboard", "backfill")  # the purposes that stand for an application
OUTCOMES = "outcomes.parquet"
LABELS = {"confirmed": 1, "cleared": 0, "disputed": NONE, "retracted": NONE}
ABOUT = {"reference", "tenant", "purpose", "occurred_at", "received_at"}
JUDGED = {"product", "reference", "tenant", "status", "known_at", "received_at"}
NO_ROWS = pa.record_batch({"occurred_at": pa.array([], pa.timestamp("us"))})

Tenants = dict[str, int]  # a number for each, given as they come


def events_of(product: str, folder: Path) -> Path:
    return folder / f"{product}.parquet"


def applications(
    path: Path | None,
    sheet: Sheet,
    tenants: Tenants,
    *,
    scores: Values | None = None,
    strict: bool = True,
) -> Iterator[pa.RecordBatch]:
    """Read a product's applications in the file's order.

    Args:
        path: The file; None where there is none, for one batch without rows.
        sheet: What of it is needed.
        tenants: Their numbers; new ones are added.
        scores: One per row of the file, instead of its own.
        strict: False where somebody else refuses bad rows one by one.

    Yields:
        Columns ``row`` from 0, ``tenant``, ``reference``, ``counting``, ``occurred``, ``received``;
        ``e0``, ``e1``... identifiers in the sheet's order, ``s0``... since when they are their
        holder's, if the sheet wants to know; ``q0``... quantities.

    Raises:
        DataUnreadable: It is no table.
        DataInvalid: A column that must be there is not, or rows break the declaration.
    """
    if path is None:
        yield _read(Page(NO_ROWS, Refusals(Path()), 0), sheet, tenants, None)
        return
    names = _needing(path, {"occurred_at"})
    refusals, before = Refusals(path), 0
    for batch in read_batches(path, only=_wanted(sheet) & names):
        page = Page(batch, refusals, before, text=is_text(path))
        yield _read(page, sheet, tenants, scores)
        before += batch.num_rows
    if strict:
        refusals.check()


def outcomes(path: Path, product: str, tenants: Tenants) -> Iterator[pa.RecordBatch]:
    """Read the outcomes of one product.

    Yields:
        Columns ``row``, ``tenant``, ``reference``, ``known``, ``received`` and ``label``.

    Raises:
        DataUnreadable: It is no table.
        DataInvalid: A column that must be there is not, or rows break the form.
    """
    names = _needing(path, JUDGED - {"tenant", "received_at"})
    refusals, before = Refusals(path), 0
    for batch in read_batches(path, only=JUDGED & names):
        page = Page(batch, refusals, before)
        known = page.moments("known_at")
        columns = {
            "row": np.arange(before, before + batch.num_rows),
            "tenant": page.numbered("tenant", "default", tenants),
            "reference": page.references(),
            "known": known,
            "received": page.moments("received_at", known),
            "label": page.coded("status", LABELS),
        }
        ours = pc.fill_null(pc.equal(page.words("product"), product), fill_value=False)
        yield pa.record_batch(columns).filter(ours)
        before += batch.num_rows
    refusals.check()


def is_empty(path: Path) -> bool:
    """Tell a file that is not there or has no rows, of which there is no history."""
    return not path.exists() or row_count(path) == 0


def _needing(path: Path, needed: set[str]) -> set[str]:
    names = set(column_names(path))
    if absent := sorted(needed - names):
        raise DataInvalid(f"{path}: no column {absent[0]!r}: history cannot do without it")
    return names


def _wanted(sheet: Sheet) -> set[str]:
    since = {f"{name}_since" for name in sheet.entities} if sheet.since else set()
    return ABOUT | set(sheet.entities) | set(sheet.quantities) | since


def _read(page: Page, sheet: Sheet, tenants: Tenants, scores: Values | None) -> pa.RecordBatch:
    columns = _about(page, tenants) | _linked(page, sheet) | _sized(page, sheet, scores)
    return pa.record_batch(columns)


def _about(page: Page, tenants: Tenants) -> dict[str, pa.Array]:
    occurred = page.moments("occurred_at")
    counting = pc.is_in(page.chosen("purpose", "onboard", PURPOSES), pa.array(COUNTING))
    return {
        "row": pa.array(np.arange(page.before, page.before + page.rows)),
        "tenant": page.numbered("tenant", "default", tenants),
        "reference": page.references(),
        "counting": counting,
        "occurred": occurred,
        "received": page.moments("received_at", occurred),
    }


def _linked(page: Page, sheet: Sheet) -> dict[str, pa.Array]:
    columns = {}
    for place, entity in enumerate(sheet.entities.values()):
        columns[f"e{place}"] = page.identifiers(entity)
        if sheet.since:
            nobody_said = np.full(page.rows, ALWAYS)
            columns[f"s{place}"] = page.moments(f"{entity.name}_since", nobody_said)
    return columns


def _sized(page: Page, sheet: Sheet, scores: Values | None) -> dict[str, pa.Array]:
    columns = {}
    for place, (name, feature) in enumerate(sheet.quantities.items()):
        if feature is None and scores is not None:
            values = scores[page.before : page.before + page.rows]
        else:
            values = page.quantity(name, feature)
        columns[f"q{place}"] = pa.array(values)
    return columns
