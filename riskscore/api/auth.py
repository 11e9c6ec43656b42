"""Who asks: every request is some tenant's, and everything it stores or reads is that tenant's."""

from dataclasses import dataclass

from riskscore.product.application import TENANT


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whoever sent a request.

    Attributes:
        tenant: The organisation it speaks for.
        name: Under which it is recorded as the reader of a decision.
    """

    tenant: str
    name: str = "anybody"


DEFAULT = Caller(tenant=TENANT)


def caller() -> Caller:
    """Return who sent the request at hand."""
    return DEFAULT
