"""Who asks, for whom, and what they may."""

from dataclasses import dataclass

from riskscore.errors import Forbidden
from riskscore.product.application import TENANT

ALL_SCORES = "score:*"
SCOPE = r"score:(\*|[a-z][a-z0-9]*(_[a-z0-9]+)*)|outcomes|decisions:read|admin"
SCOPES = "score:PRODUCT, score:*, outcomes, decisions:read or admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whoever sent a request.

    Attributes:
        name: Of the key or client, as logs and records of readers tell it; never a secret.
        tenant: The organisation it speaks for.
        scopes: What it may do.
        rate: Requests a second, on each host; None without limit.
        quota: Applications a day; None without limit.
    """

    name: str
    tenant: str
    scopes: frozenset[str]
    rate: int | None = None
    quota: int | None = None

    def check(self, scope: str) -> None:
        """Refuse what the caller may not do.

        Raises:
            Forbidden: It lacks the scope.
        """
        scores = scope.startswith("score:") and ALL_SCORES in self.scopes
        if scope not in self.scopes and not scores and "admin" not in self.scopes:
            raise Forbidden(f"expected a key with the scope {scope}")


ANYBODY = Caller(name="dev", tenant=TENANT, scopes=frozenset({"admin"}))  # of a service with --dev
