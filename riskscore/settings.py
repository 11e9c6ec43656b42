"""Settings: read from the environment once, then passed around."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from riskscore.errors import ConfigError
from riskscore.product.fields import Moment, Strict, by_path, expecting

PREFIX = "RISKSCORE_"
FILE = "_FILE"
SECRETS = ("RISKSCORE_DATABASE_URL",)  # each may stand in a file instead, named by it and _FILE
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
PORT = r"[0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]"
BIND = rf"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):({PORT})"
KEYS = "RISKSCORE_PSEUDONYM_KEYS"
AGE = re.compile(r"([a-z][a-z0-9_]*)=([1-9][0-9]{0,4})d", re.ASCII)
TLS = {"tls_cert", "tls_key", "tls_client_ca"}
PATHS = {"models", "pseudonym_key_file", "agreements", "first_key"} | TLS
LOOPBACK = re.compile(r"(127\.\d+\.\d+\.\d+|localhost|\[::1\]):\d+", re.ASCII)
SHARED = frozenset({"dealer", "clerk", "branch"})  # kinds of identifiers that many people share
BIND_HERE = "127.0.0.1:8000"
NAMES = r"[a-z][a-z0-9_]*( [a-z][a-z0-9_]*)*"
DATABASE = r"(sqlite:///|postgresql://|postgresql\+psycopg://)\S+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an operator may change without changing code.

    Attributes:
        database_url: Where applications are remembered.
        pseudonym_keys: Where the secrets behind what stands for identifiers are: ``file:PATH``,
            ``env:NAME`` or ``command:WORDS``; with SQLite they are made beside the database, with
            PostgreSQL it must be said.
        pseudonym_key_file: The same, as a file.
        retention: Product -> days after which ``riskscore purge`` erases its applications.
        agreements: The file of agreements by which tenants see each other's history.
        known_since: Microseconds since 1970 from which the history is whole; None if nobody says.
        clock_tolerance: Seconds that a moment may lie in the future.
        on_store_failure: ``refuse`` to answer while the store fails, or ``answer`` without history.
        store_timeout: Seconds that anything in the store may take.
        max_body: Bytes of a request body.
        entity_quota: Applications in a day that may carry the same identifier; 0 without limit.
        shared_entities: Kinds of identifiers that many share, to which that does not apply.
        first_key: The file of a key that ``serve --first-key`` made or found.
        dev: Whether anybody may ask, from this machine, without key and limit.
        jwks: File or URL of the keys of whoever signs the tokens we accept.
        jwt_issuer: What ``iss`` of a token must be; so ``jwt_audience`` and ``aud``.
        jwt_tenant_claim: The claim that says for whom a client speaks.
        max_depth: Objects and lists within each other in a request body.
        timeout: Seconds after which a worker that does not answer is replaced.
        tls_cert: Certificate chain of the server; with ``tls_key`` it speaks TLS and nothing else.
        tls_client_ca: Whose certificates callers must show; nobody must without.
    """

    models: Path = Path("models")
    database_url: str = field(default="sqlite:///data/riskscore.db", repr=False)  # has a password
    pseudonym_keys: str | None = None
    pseudonym_key_file: Path | None = None
    agreements: Path | None = None
    retention: tuple[tuple[str, int], ...] = ()
    known_since: int | None = None
    clock_tolerance: int = 300
    on_store_failure: str = "refuse"
    store_timeout: int = 5
    entity_quota: int = 200
    shared_entities: frozenset[str] = SHARED
    first_key: Path | None = None
    dev: bool = False
    jwks: str | None = None
    jwt_issuer: str | None = None
    jwt_audience: str | None = None
    jwt_tenant_claim: str = "tenant"
    max_body: int = 2 * 1024 * 1024
    max_depth: int = 16
    log_level: str = "INFO"
    bind: str = BIND_HERE
    workers: int = 2
    timeout: int = 60
    tls_cert: Path | None = None
    tls_key: Path | None = None
    tls_client_ca: Path | None = None


def whole(what: str, low: int, high: int, **more: Any) -> fields.Integer:
    words = expecting(f"{what} from {low} to {high}")
    within = validate.Range(low, high, error=str(words["invalid"]))
    return fields.Integer(error_messages=words, validate=within, **more)


def shaped(what: str, pattern: str, **more: Any) -> fields.String:
    words = expecting(what)
    form = validate.Regexp(rf"(?:{pattern})\Z", error=str(words["invalid"]))
    return fields.String(error_messages=words, validate=form, **more)


class Ages(fields.Field[tuple[tuple[str, int], ...]]):
    """``PRODUCT=DAYSd``, with blanks between several."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[tuple[str, int], ...]:
        found = [AGE.fullmatch(each) for each in value.split()]
        ages = [(each[1], int(each[2])) for each in found if each]
        if not ages or len(dict(ages)) < len(found):
            raise ValidationError("expected PRODUCT=400d, each product once, with blanks between")
        return tuple(ages)


class SettingsForm(Strict):
    """The ``RISKSCORE_*`` variables; an undeclared one is a typo and refused."""

    models = shaped("a folder", ".+", data_key="RISKSCORE_MODELS")
    database_url = shaped(
        "sqlite:///FILE or postgresql://...", DATABASE, data_key="RISKSCORE_DATABASE_URL"
    )
    known_since = Moment(or_date=True, data_key="RISKSCORE_KNOWN_SINCE")
    pseudonym_keys = shaped(
        "file:PATH, env:NAME or command:WORDS",
        r"(file:|command:)\S.*|env:[A-Za-z_][A-Za-z0-9_]*",
        data_key=KEYS,
    )
    pseudonym_key_file = shaped("a file", ".+", data_key="RISKSCORE_PSEUDONYM_KEY_FILE")
    agreements = shaped("a file", ".+", data_key="RISKSCORE_AGREEMENTS")
    retention = Ages(data_key="RISKSCORE_RETENTION")
    clock_tolerance = whole("seconds", 0, 86_400, data_key="RISKSCORE_CLOCK_TOLERANCE")
    on_store_failure = shaped(
        "refuse or answer", "refuse|answer", data_key="RISKSCORE_ON_STORE_FAILURE"
    )
    store_timeout = whole("seconds", 1, 600, data_key="RISKSCORE_STORE_TIMEOUT")
    entity_quota = whole("applications", 0, 1_000_000, data_key="RISKSCORE_ENTITY_QUOTA")
    shared_entities = shaped(
        "names of entities with a blank between", NAMES, data_key="RISKSCORE_SHARED_ENTITIES"
    )
    first_key = shaped("a file", ".+", data_key="RISKSCORE_FIRST_KEY")
    dev = shaped("1", "1", data_key="RISKSCORE_DEV")
    jwks = shaped("a file or an https address", r"\S+", data_key="RISKSCORE_JWKS")
    jwt_issuer = shaped("an issuer", r"\S+", data_key="RISKSCORE_JWT_ISSUER")
    jwt_audience = shaped("an audience", r"\S+", data_key="RISKSCORE_JWT_AUDIENCE")
    jwt_tenant_claim = shaped("a claim", r"\S+", data_key="RISKSCORE_JWT_TENANT_CLAIM")
    max_body = whole("bytes", 1, 2**30, data_key="RISKSCORE_MAX_BODY")
    max_depth = whole("a depth", 4, 512, data_key="RISKSCORE_MAX_DEPTH")
    log_level = shaped(
        f"one of {', '.join(LOG_LEVELS)}", "|".join(LOG_LEVELS), data_key="RISKSCORE_LOG_LEVEL"
    )
    bind = shaped("HOST:PORT with a port up to 65535", BIND, data_key="RISKSCORE_BIND")
    workers = whole("a number", 1, 512, data_key="RISKSCORE_WORKERS")
    timeout = whole("seconds", 1, 3600, data_key="RISKSCORE_TIMEOUT")
    tls_cert = shaped("a file", ".+", data_key="RISKSCORE_TLS_CERT")
    tls_key = shaped("a file", ".+", data_key="RISKSCORE_TLS_KEY")
    tls_client_ca = shaped("a file", ".+", data_key="RISKSCORE_TLS_CLIENT_CA")

    @validates_schema
    def check_together(self, loaded: dict[str, Any], **_: object) -> None:
        if {"pseudonym_keys", "pseudonym_key_file"} <= loaded.keys():
            raise ValidationError("expected this or ..._KEY_FILE, not both", KEYS)
        bind = loaded.get("bind", BIND_HERE)
        if "dev" in loaded and not LOOPBACK.fullmatch(bind):
            expected = "expected an address of this machine only, as with --dev"
            raise ValidationError({"RISKSCORE_BIND": [expected]})
        if "jwks" in loaded:
            absent = {"jwt_issuer", "jwt_audience"} - loaded.keys()
            needed = "required: expected what tokens must name, as RISKSCORE_JWKS is given"
            if absent:
                raise ValidationError({f"RISKSCORE_{each.upper()}": [needed] for each in absent})

    @post_load
    def make(self, loaded: dict[str, Any], **_: object) -> Settings:
        if "shared_entities" in loaded:
            loaded["shared_entities"] = frozenset(loaded["shared_entities"].split())
        loaded["dev"] = "dev" in loaded
        paths = {name: Path(loaded[name]) for name in PATHS & loaded.keys()}
        return Settings(**loaded | paths)


def settings_from(environ: Mapping[str, str]) -> Settings:
    """Read ``RISKSCORE_*``, and the files of those that are secret.

    Raises:
        ConfigError: Names every variable that is malformed or unknown, or a file without a secret.
    """
    ours = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
    try:
        settings: Settings = SettingsForm().load(with_secrets(ours))
    except ValidationError as error:
        broken = {written(name, ours): why for name, why in by_path(error.messages).items()}
        lines = (f"{name}: {'; '.join(reasons)}" for name, reasons in sorted(broken.items()))
        raise ConfigError(" | ".join(lines)) from error
    return settings


def with_secrets(ours: Mapping[str, str]) -> dict[str, str]:
    """Put what files hold in the place of the variables that name them.

    Raises:
        ConfigError: A file cannot be read or is empty, or its secret is given twice.
    """
    files = {f"{name}{FILE}" for name in SECRETS}
    plain = {name: value for name, value in ours.items() if name not in files}
    return plain | {name.removesuffix(FILE): secret(name, ours) for name in files & ours.keys()}


def secret(name: str, ours: Mapping[str, str]) -> str:
    """Read the file that a variable names; a line break at its end is not part of the secret."""
    if (plain := name.removesuffix(FILE)) in ours:
        raise ConfigError(f"{name}: expected it or {plain}, has both")
    try:
        text = Path(ours[name]).read_text("utf-8").strip()
    except OSError as error:
        raise ConfigError(f"{name}: {ours[name]}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise ConfigError(f"{name}: {ours[name]}: not UTF-8") from None  # it would hold the secret
    if not text:
        raise ConfigError(f"{name}: {ours[name]}: empty")
    return text


def written(name: str, ours: Mapping[str, str]) -> str:
    """Say where an operator wrote a setting: in the variable, or in the file of another."""
    return f"{name}{FILE}" if name in SECRETS and name not in ours else name
