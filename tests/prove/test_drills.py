"""Fault drills on each database. Again with the seed that a failure prints: DRILL_SEED=N."""

import os
import secrets
import shutil
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, select

from riskscore.history.schema import outcome
from riskscore.history.store import Store, store_from
from riskscore.settings import Settings
from tests.drills import Clients, Service
from tests.killing import check_whole
from tests.prove.faults import DRILLS, Drill

SHIFTED = Path(__file__).with_name("shifted")


@pytest.fixture
def seed() -> int:
    chosen = int(os.environ.get("DRILL_SEED") or secrets.randbelow(10**9))
    print(f"DRILL_SEED={chosen}")  # noqa: T201 - pytest shows it on failure alone
    return chosen


@pytest.fixture
def service(
    store_settings: Settings, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Service:
    """A service of its own bundles, on a clock that can be shifted."""
    (tmp_path / "shift").write_text("0")
    monkeypatch.setenv("SHIFTED_BY", str(tmp_path / "shift"))
    monkeypatch.setenv("PYTHONPATH", str(SHIFTED))
    own = Path(shutil.copytree(models, tmp_path / "models"))
    return Service(models=own, folder=tmp_path, settings=store_settings)


@pytest.mark.parametrize("name", list(DRILLS))
def test_whatever_breaks_what_was_acknowledged_stays_and_the_rest_is_done_once(
    service: Service, name: str, seed: int
) -> None:
    drill = DRILLS[name]
    if drill.only and not service.settings.database_url.startswith(drill.only):
        pytest.skip(f"happens to {drill.only} alone")
    clients = Clients(service, seed, cutting=drill.cutting)

    service.up()
    try:
        with clients.sending():
            drill.fault(service, Random(seed))  # noqa: S311 - told again by its seed
        check_told(clients, drill)
        clients.settle()
    finally:
        service.down()

    with closing(store_from(service.settings)) as store:
        check_stored(store, clients)


def check_told(clients: Clients, drill: Drill) -> None:
    """Prove that clients were served, and told of the fault in no other way than foreseen."""
    told = set(clients.told)
    assert clients.told["200"]
    assert told - {"200", "201"} <= drill.told, clients.told
    assert drill.subtle or told & drill.told, f"nothing broke: {clients.told}"


def check_stored(store: Store, clients: Clients) -> None:
    """Prove that each row is one decision, each outcome one, as it was answered."""
    scored = [each for each in clients.orders if each.path != "/v1/outcomes"]
    check_whole(store, [each.decision_id(place) for each in scored for place in range(each.rows)])
    with store.reading() as connection:
        outcomes = connection.scalar(select(func.count()).select_from(outcome))
    assert outcomes == len(clients.orders) - len(scored)
