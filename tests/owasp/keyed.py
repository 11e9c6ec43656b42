"""A service that asks for keys or tokens, for the attacks on them."""

import json
import time
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

from riskscore.access.keys import Grant, create
from riskscore.history.store import store_from
from riskscore.settings import Settings
from tests.conftest import sqlite_url

ALL = ("score:*", "outcomes", "decisions:read")
ISSUER, AUDIENCE = "https://id.example", "riskscore"
SIGNING = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
SHARED = OctKey.import_key("x" * 64, {"kid": "shared", "alg": "HS256"})


def closed(models: Path, folder: Path, **more: Any) -> Settings:
    """Settings of a service with an empty store that lets nobody in without a key."""
    return Settings(models=models, database_url=sqlite_url(folder), **more)


def trusting(models: Path, folder: Path) -> Settings:
    """Let tokens in, too, of an issuer whose set also holds a secret that it should not."""
    path = folder / "jwks.json"
    keys = [*KeySet([SIGNING]).as_dict(private=False)["keys"], SHARED.as_dict(private=True)]
    path.write_text(json.dumps({"keys": keys}))
    issuer = {"jwks": str(path), "jwt_issuer": ISSUER, "jwt_audience": AUDIENCE}
    return closed(models, folder, **issuer)


def key_for(settings: Settings, tenant: str, *scopes: str, name: str = "desk") -> dict[str, str]:
    """Make a key, and return the header that shows it."""
    store = store_from(settings)
    try:
        made = create(store, Grant(name=name, tenant=tenant, scopes=scopes or ALL))
    finally:
        store.close()
    return {"Authorization": f"Bearer {made}"}


def claims(**more: Any) -> dict[str, Any]:
    said = {"iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time()) + 60}
    return said | {"client_id": "desk", "tenant": "bank", "scope": " ".join(ALL)} | more


def token(header: dict[str, Any], key: Any = SIGNING, **more: Any) -> dict[str, str]:
    """Sign a token, and return the header that shows it."""
    written = {"alg": "RS256", "kid": "one"} | header
    signed = jwt.encode(written, claims(**more), key, algorithms=[written["alg"]])
    return {"Authorization": f"Bearer {signed}"}
