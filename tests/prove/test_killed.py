"""Twenty workers killed under load, on each database: what was acknowledged is there, once."""

from contextlib import closing
from pathlib import Path

from riskscore.history.store import store_from
from riskscore.settings import Settings
from tests.killing import check_whole, killed_under_load


def test_twenty_killed_workers_lose_nothing_that_they_acknowledged(
    store_settings: Settings, models: Path, tmp_path: Path
) -> None:
    environ = {
        "database_url": store_settings.database_url,
        "pseudonym_key_file": str(store_settings.pseudonym_key_file),
    }

    acknowledged = killed_under_load(models, tmp_path, kills=20, **environ)

    with closing(store_from(store_settings)) as store:
        check_whole(store, acknowledged)
