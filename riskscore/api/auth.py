"""Who asks: every request below ``/v1`` is somebody's, and must be allowed what it asks for.

Health, the API document and its page are open: they tell of nobody, and who watches the service
or reads how to call it has no key yet.
"""

from flask import Flask

from riskscore.access.caller import Caller
from riskscore.api.exchange import at_hand
from riskscore.api.served import service
from riskscore.errors import Unauthenticated
from riskscore.history.quotas import Limits

CLOSED = "/v1"


def register(app: Flask) -> None:
    app.before_request(authenticate)


def authenticate() -> None:
    """Find out who asks, before anything else is said, be it that a path does not exist.

    Raises:
        Unauthenticated, RateExceeded, StoreUnavailable: As ``Door.admit``.
    """
    exchange = at_hand()
    if exchange.path.startswith(CLOSED):
        exchange.caller = service().door.admit(exchange.environ.get("HTTP_AUTHORIZATION"))


def allowed(scope: str) -> Caller:
    """Return who sent the request at hand, if they may do this.

    Raises:
        Forbidden: They may not.
        Unauthenticated: Nobody was asked who they are: the path is an open one.
    """
    caller = at_hand().caller
    if caller is None:
        raise Unauthenticated("expected a path that is not open to everybody")
    caller.check(scope)
    return caller


def limits_of(caller: Caller) -> Limits | None:
    """Say what a caller may ask in a day; None without limit."""
    held = service()
    each = None if held.door.open else held.entity_quota
    if caller.quota is None and each is None:
        return None
    return Limits(
        caller=f"{caller.tenant} {caller.name}",
        quota=caller.quota,
        each=each,
        shared=held.shared_entities,
    )
