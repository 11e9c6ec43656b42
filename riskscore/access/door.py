"""The door: whoever knocks is told apart by what stands in the ``Authorization`` header.

A key that was found is believed for a moment without asking the store again, so a revoked one opens
the door a moment longer; while the store is away, and only then, it is believed for longer.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from riskscore.access import keys, rates
from riskscore.access.caller import ANYBODY, Caller
from riskscore.access.keys import FORM, Found
from riskscore.access.tokens import Issuer
from riskscore.errors import ConfigError, StoreUnavailable, Unauthenticated
from riskscore.history.store import Store
from riskscore.product.moments import now
from riskscore.settings import Settings

SECOND = 1_000_000
BELIEVED = 2 * SECOND  # how long without asking the store
BELIEVED_ALONE = 600 * SECOND  # while the store is away
REMEMBERED = 1_000  # keys and tokens
NO_KEY = (
    "no access key: make one with riskscore keys create NAME --scope 'score:*' --scope outcomes "
    "--scope decisions:read, or try the service with riskscore serve --dev"
)
WRONG = "the key is not valid"


class Believed(NamedTuple):
    """What was found under a prefix, and when."""

    found: Found | None
    at: int


@dataclass(kw_only=True)
class Door:
    """The door of one worker.

    Attributes:
        issuer: Of tokens; None if only keys are accepted.
        open: Whether anybody may come in, as with ``--dev``.
    """

    store: Store
    issuer: Issuer | None = None
    open: bool = False
    known: dict[str, Believed] = field(default_factory=dict, init=False)
    tokens: dict[str, tuple[Caller, int]] = field(default_factory=dict, init=False)

    def admit(self, header: str | None) -> Caller:
        """Say who asks, given the ``Authorization`` header.

        Raises:
            Unauthenticated: Nobody whom we know.
            RateExceeded: Somebody who asks too often.
            StoreUnavailable: The store is away, and this key was not seen for long.
        """
        if self.open:
            return ANYBODY
        scheme, _, credential = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not credential:
            raise Unauthenticated("expected the header Authorization: Bearer KEY")
        caller = self._of_key(credential) if credential.startswith("rsk_") else self._of(credential)
        rates.check(caller)
        return caller

    def _of_key(self, credential: str) -> Caller:
        match = FORM.fullmatch(credential)
        if not match:
            raise Unauthenticated(WRONG)
        prefix, secret = match.groups()
        at = now()
        found = self._found(prefix, at)
        if not keys.opens(found, secret, at) or found is None:
            raise Unauthenticated(WRONG)
        return found.caller

    def _found(self, prefix: str, at: int) -> Found | None:
        """Look a key up, at a moment in microseconds since 1970."""
        before = self.known.get(prefix)
        if before and before.at <= at < before.at + BELIEVED:
            return before.found
        try:
            found = keys.find(self.store, prefix)
        except StoreUnavailable:
            if before and before.found and at < before.at + BELIEVED_ALONE:
                return before.found
            raise
        if len(self.known) >= REMEMBERED:
            self.known.clear()
        self.known[prefix] = Believed(found, at)
        return found

    def _of(self, token: str) -> Caller:
        if self.issuer is None:
            raise Unauthenticated(WRONG)
        at = now()
        caller, until = self.tokens.get(token, (None, 0))
        if caller is None or at >= until:
            caller = self.issuer.caller_of(token)
            if len(self.tokens) >= REMEMBERED:
                self.tokens.clear()
            self.tokens[token] = caller, at + BELIEVED
        return caller


def door_from(settings: Settings, store: Store) -> Door:
    """Make the door that the settings ask for.

    Raises:
        ConfigError: Nobody could ever come in.
    """
    if settings.dev:
        return Door(store=store, open=True)
    issuer = None
    if settings.jwks is not None:
        issuer = Issuer(
            source=settings.jwks,
            issuer=settings.jwt_issuer or "",
            audience=settings.jwt_audience or "",
            tenant_claim=settings.jwt_tenant_claim,
        )
    elif store.opened and not keys.any_live(store):
        raise ConfigError(NO_KEY)
    return Door(store=store, issuer=issuer)
