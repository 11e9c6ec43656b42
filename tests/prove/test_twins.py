"""Ten thousand writes under a thousand keys, on each database. Again: TWINS_SEED=N."""

import os
import secrets
from contextlib import closing
from pathlib import Path

from sqlalchemy import func, select

from riskscore.history.schema import decision, event
from riskscore.history.store import store_from
from riskscore.settings import Settings
from tests.serving import serving
from tests.twins import check_twins, send_twins

KEYS, TIMES = 1_000, 10


def test_ten_thousand_writes_under_a_thousand_keys_are_a_thousand_decisions(
    store_settings: Settings, models: Path, tmp_path: Path
) -> None:
    seed = int(os.environ.get("TWINS_SEED") or secrets.randbelow(10**9))
    print(f"TWINS_SEED={seed}")  # noqa: T201 - pytest shows it on failure alone
    environ = {
        "database_url": store_settings.database_url,
        "pseudonym_key_file": str(store_settings.pseudonym_key_file),
    }

    with serving(models, tmp_path, "--workers", "3", **environ) as server:
        answers = send_twins(server, keys=KEYS, times=TIMES, seed=seed)
        check_twins(server, answers, TIMES)

    with closing(store_from(store_settings)) as store, store.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(decision)) == KEYS
        assert connection.scalar(select(func.count()).select_from(event)) == KEYS
