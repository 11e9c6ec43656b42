"""GET /healthz (the process answers) and /readyz (and it can score)."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from riskscore.api.served import service

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def alive() -> ResponseReturnValue:
    return {"status": "ok"}


@bp.get("/readyz")
def ready() -> ResponseReturnValue:
    """Name what is served; without its store, a service that needs one is not ready.

    Raises:
        StoreUnavailable: It cannot be reached.
    """
    store = service().store
    if not store.optional:
        store.check()
    versions = {name: each.bundle.version for name, each in service().products.items()}
    return {"status": "ready", "models": versions}
