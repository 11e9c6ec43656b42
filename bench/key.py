"""The key that our service is asked with: no secret, and let in by the stores of benches alone."""

from collections.abc import Mapping
from contextlib import closing

from sqlalchemy import delete, insert

from riskscore.access.keys import Grant, row_of
from riskscore.history.schema import access_key
from riskscore.history.store import store_from
from riskscore.product.application import TENANT
from riskscore.settings import settings_from

PREFIX, SECRET = "benchbench", "b" * 43
HEADER = {"Authorization": f"Bearer rsk_{PREFIX}_{SECRET}"}
PLENTY = 1_000_000  # counted like any limit, and never reached


def admit(settings: Mapping[str, str]) -> dict[str, str]:
    """Let the key into a store, and return settings under which its limits are counted."""
    limited = {**settings, "RISKSCORE_ENTITY_QUOTA": str(PLENTY)}
    grant = Grant(name="bench", tenant=TENANT, scopes=["admin"], rate=PLENTY, quota=1_000 * PLENTY)
    with closing(store_from(settings_from(limited))) as store:
        store.open()
        with store.writing() as connection:
            connection.execute(delete(access_key).where(access_key.c.prefix == PREFIX))
            connection.execute(insert(access_key).values(row_of(grant, PREFIX, SECRET)))
    return limited
