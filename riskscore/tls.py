"""TLS at the server itself: its certificate, and the certificates it asks of whoever calls.

gunicorn would read the files again for every connection. A worker reads them once, when it starts;
a signal to the server (HUP) brings new workers, and with them new files.
"""

import ssl
from pathlib import Path
from typing import NamedTuple, NoReturn

from riskscore.errors import ConfigError
from riskscore.parting import SecretParting
from riskscore.settings import Settings

CERT, KEY, CLIENT_CA = "RISKSCORE_TLS_CERT", "RISKSCORE_TLS_KEY", "RISKSCORE_TLS_CLIENT_CA"


class Files(NamedTuple):
    """What TLS is spoken with: a certificate chain, its key, and whose certificates are asked."""

    cert: Path
    key: Path
    client_ca: Path | None


def files_from(settings: Settings) -> Files | None:
    """Collect what is given; None without TLS.

    Raises:
        ConfigError: One file is given without the other that it needs.
    """
    cert, key, client_ca = settings.tls_cert, settings.tls_key, settings.tls_client_ca
    if not (cert or key or client_ca):
        return None
    if cert and key:
        return Files(cert, key, client_ca)
    raise ConfigError(f"{KEY if cert else CERT}: expected with the other RISKSCORE_TLS_* settings")


def read_context(files: Files) -> ssl.SSLContext:
    """Take up certificate and key, and whose certificates are asked for if anybody's.

    Raises:
        ConfigError: Names the file that cannot be read or used.
    """
    for name, path in zip((CERT, KEY, CLIENT_CA), files, strict=True):
        check_readable(name, path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = SecretParting
    load_chain(context, files)
    if files.client_ca:
        ask_for_certificates(context, files.client_ca)
    return context


def check_readable(name: str, path: Path | None) -> None:
    """Open a file before ssl does, which would not say which of several it could not."""
    try:
        if path:
            path.open("rb").close()
    except OSError as error:
        raise ConfigError(f"{name}: {path}: {error.strerror}") from error


def load_chain(context: ssl.SSLContext, files: Files) -> None:
    try:
        context.load_cert_chain(files.cert, files.key, password=refuse_passphrase)
    except ssl.SSLError as error:
        mismatch = error.reason == "KEY_VALUES_MISMATCH"
        why = "expected the key of that certificate" if mismatch else "expected PEM"
        raise ConfigError(f"{CERT}, {KEY}: {files.cert}, {files.key}: {why}") from error


def refuse_passphrase() -> NoReturn:
    """Refuse a key that needs one: nobody sits at a server's terminal."""
    raise ConfigError(f"{KEY}: expected a key without a passphrase")


def ask_for_certificates(context: ssl.SSLContext, authorities: Path) -> None:
    """Let nobody in who shows no certificate of these authorities."""
    try:
        context.load_verify_locations(authorities)
    except ssl.SSLError as error:
        raise ConfigError(f"{CLIENT_CA}: {authorities}: expected certificates in PEM") from error
    context.verify_mode = ssl.CERT_REQUIRED
