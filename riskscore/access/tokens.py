"""OAuth2 access tokens: signed by somebody whose public keys we know, and never believed alone."""

import json
import re
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from riskscore.access.caller import Caller
from riskscore.errors import ConfigError, Unauthenticated
from riskscore.product.application import TENANT_NAME, TENANT_RULE

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
LEEWAY = 30  # seconds that the issuer's clock may differ by
TIMEOUT = 3  # seconds to fetch the keys
RARELY = 60  # seconds between two attempts to fetch them anew
LARGEST = 1_000_000  # bytes of a key set
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(kw_only=True)
class Issuer:
    """Somebody whose tokens we accept.

    Attributes:
        source: File or URL of its JSON Web Key Set.
        issuer: What ``iss`` must be.
        audience: What ``aud`` must name.
        tenant_claim: The claim that says for whom a client speaks.
    """

    source: str
    issuer: str
    audience: str
    tenant_claim: str
    keys: KeySet = field(init=False)
    fetched: float = field(init=False)

    def __post_init__(self) -> None:
        self.fetch()

    def fetch(self) -> None:
        """Read the keys.

        Raises:
            ConfigError: They cannot be had, or are none.
        """
        self.fetched = time.monotonic()
        try:
            self.keys = KeySet.import_key_set(json.loads(read(self.source)))
        except (OSError, ValueError, KeyError, TypeError, RecursionError, JoseError) as error:
            raise ConfigError(f"RISKSCORE_JWKS: no JSON Web Key Set at {self.source}") from error

    def caller_of(self, token: str) -> Caller:
        """Say whose token it is.

        Raises:
            Unauthenticated: It is not one, not signed by the issuer, not for us, or not valid now.
        """
        try:
            claims = self._claims(token)
            registry = jwt.JWTClaimsRegistry(
                leeway=LEEWAY,
                iss={"essential": True, "value": self.issuer},
                aud={"essential": True, "value": self.audience},
                exp={"essential": True},
            )
            registry.validate(dict(claims))
        except (JoseError, ValueError) as error:
            raise Unauthenticated("the token is not valid here and now") from error
        return self._caller(claims)

    def _claims(self, token: str) -> Mapping[str, Any]:
        try:
            return jwt.decode(token, self.keys, algorithms=ALGORITHMS).claims
        except InvalidKeyIdError:
            if time.monotonic() - self.fetched < RARELY:
                raise
            self._fetch_again()
            return jwt.decode(token, self.keys, algorithms=ALGORITHMS).claims

    def _fetch_again(self) -> None:
        """Fetch the keys once more; those we have stay where that fails."""
        try:
            self.fetch()
        except ConfigError as error:
            raise Unauthenticated("the token is signed with a key that is not known") from error

    def _caller(self, claims: Mapping[str, Any]) -> Caller:
        tenant, scope = claims.get(self.tenant_claim), claims.get("scope", "")
        client = claims.get("client_id") or claims.get("azp") or claims.get("sub")
        if not (isinstance(tenant, str) and isinstance(scope, str) and isinstance(client, str)):
            raise Unauthenticated(f"the token lacks a client, its scope or its {self.tenant_claim}")
        if not re.fullmatch(TENANT_NAME, tenant, re.ASCII):
            raise Unauthenticated(f"the token's {self.tenant_claim}: expected {TENANT_RULE}")
        return Caller(name=client[:100], tenant=tenant, scopes=frozenset(scope.split()))


def read(source: str) -> bytes:
    """Read a file, or what an address answers; plain HTTP reaches this machine alone.

    Raises:
        OSError: It cannot be had.
        ValueError: It is too large, or an address that is not asked.
    """
    address = urlsplit(source)
    if address.scheme not in {"http", "https"}:
        return Path(source).read_bytes()
    if address.scheme == "http" and address.hostname not in LOOPBACK:
        raise ValueError("expected https")
    opener = urllib.request.build_opener(NoDetour())
    with opener.open(source, timeout=TIMEOUT) as response:
        content: bytes = response.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError("too large")
    return content


class NoDetour(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the keys come from the address that the operator named."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None
