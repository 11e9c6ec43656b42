"""Score a portfolio on a Dask cluster: workers read row groups, one file comes of it.

Files and bundles are read where they lie, so every worker must reach both by the paths given, as on
a shared disk, and must hold the very bundle that was proved here.
"""

from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from distributed import Client, Future, KilledWorker

from riskscore.cluster import PATIENCE, threads_of, workers_of
from riskscore.decision.portfolio import BATCH, EXPLAINED, Asked, Tally
from riskscore.decision.portfolio_files import Rows, check_columns, refused_rows, wanted, writers
from riskscore.errors import ClusterFailed, DataUnreadable
from riskscore.model.bundle import Bundle, load_bundle
from riskscore.product.past import Past
from riskscore.product.tables import Group, is_text, read_group, row_groups

AHEAD = 2  # groups under way for each thread of the cluster


class Answered(NamedTuple):
    """What came of some rows: answers, None where there are none, and refusals."""

    rows: int
    scored: pa.RecordBatch | None
    refused: pa.RecordBatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Row groups to score, and by what.

    Attributes:
        bundle: The folder of a version.
        sha256: What its manifest's hash must be.
        past: Of the rows of the group alone; None where there is no store to ask.
        language: Of the reasons; None if nobody wants any.
    """

    bundle: Path
    sha256: str
    group: Group
    past: Past | None
    language: str | None


def score_on(  # noqa: PLR0913 - keywords of one command
    client: Client,
    bundle: Bundle,
    folder: Path,
    path: Path,
    out: Path,
    *,
    past: Past | None = None,
    language: str | None = "en",
) -> Generator[Tally]:
    """Score a parquet file or folder of parts, row group by row group, in the order of the file.

    A worker that is lost costs the work it had in hand, which another does again.

    Args:
        client: Of the cluster.
        bundle: The model, as loaded here.
        folder: Where it lies, for the workers.
        path: parquet, or a folder of parquet parts.
        out: As of ``score_portfolio``, whose output this is.
        past: Of every row of the file.
        language: Of the reasons; None for none.

    Yields:
        The tally after each row group.

    Raises:
        DataUnreadable: It is no table, or a csv file, which cannot be read in parts.
        DataInvalid: A column that every row must have is absent.
        ClusterFailed: A worker has another bundle, or no worker is left.
    """
    if is_text(path):
        raise DataUnreadable(f"{path}: a csv file is read from its start: --dask expects parquet")
    check_columns(bundle.product, path)
    tally = Tally()
    works = (
        Work(
            bundle=folder.resolve(),
            sha256=bundle.sha256,
            group=group,
            past=None if past is None else _part(past, group),
            language=language,
        )
        for group in row_groups(path.resolve())
    )
    with writers(path, out, grouped=bundle.cutter is not None) as write:
        for answers in _in_order(client, works):
            for each in answers:
                write(each.scored, each.refused)
                tally.scored += each.rows - each.refused.num_rows
                tally.refused += each.refused.num_rows
            yield tally


def answered(work: Work) -> list[Answered]:
    """Score the rows of a group; this is what runs on a worker.

    Raises:
        ClusterFailed: The bundle here is another.
        DataError: The file is not here, or damaged.
    """
    bundle = _held(work.bundle, work.sha256)
    asked = Asked(bundle, work.past, work.language, text=False, first=work.group.before)
    rows = EXPLAINED if work.language else BATCH
    found, before = [], work.group.before
    for batch in read_group(work.group, only=wanted(bundle.product), rows=rows):
        part, scored = asked.answered(Rows(before, batch))
        found.append(Answered(batch.num_rows, scored, refused_rows(part)))
        before += batch.num_rows
    return found


@lru_cache(maxsize=4)
def _held(folder: Path, sha256: str) -> Bundle:
    bundle = load_bundle(folder)
    if bundle.sha256 != sha256:
        raise ClusterFailed(f"{folder}: a worker has another bundle there than this machine")
    return bundle


def _part(past: Past, group: Group) -> Past:
    some = slice(group.before, group.before + group.rows)
    return Past(
        values={name: values[some] for name, values in past.values.items()},
        gaps={name: gaps[some] for name, gaps in past.gaps.items()},
    )


def _in_order(client: Client, works: Iterator[Work]) -> Iterator[list[Answered]]:
    waiting: deque[Future] = deque()
    for work in works:
        waiting.append(client.submit(answered, work, pure=False))
        if len(waiting) > AHEAD * threads_of(client):
            yield _result(client, waiting.popleft())
    while waiting:
        yield _result(client, waiting.popleft())


def _result(client: Client, future: Future) -> list[Answered]:
    """Wait for a result as long as anybody is there to give it."""
    while True:
        try:
            found: list[Answered] = future.result(timeout=PATIENCE)
        except TimeoutError:
            if not workers_of(client):
                raise ClusterFailed("no worker of the cluster is left") from None
        except KilledWorker as error:
            raise ClusterFailed("workers die of these rows: more memory is needed") from error
        else:
            return found
