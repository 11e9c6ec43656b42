"""Certificates of authorities that nobody trusts, made by openssl for one test."""

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A certificate and its key."""

    cert: Path
    key: Path


def openssl(*words: str) -> None:
    found = shutil.which("openssl")
    if found is None:
        pytest.skip("no openssl is installed: TLS is not tested")
    subprocess.run([found, *words], check=True, capture_output=True)  # noqa: S603 - our words


def authority(folder: Path, name: str) -> Pair:
    """Make a certificate that signs others, and itself."""
    return make(folder, name, "-addext", "keyUsage=critical,keyCertSign")


def issued(folder: Path, name: str, by: Pair, *, days: int = 2) -> Pair:
    """Make a certificate for this machine, or for whoever calls from it."""
    signer = ["-CA", str(by.cert), "-CAkey", str(by.key), "-days", str(days)]
    reach = ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=CA:FALSE"]
    return make(folder, name, *signer, *reach)


def make(folder: Path, name: str, *options: str, passphrase: str = "") -> Pair:
    pair = Pair(cert=folder / f"{name}.pem", key=folder / f"{name}.key")
    out = ["-out", str(pair.cert), "-keyout", str(pair.key), "-subj", f"/CN={name}"]
    locked = ["-passout", f"pass:{passphrase}"] if passphrase else ["-noenc"]
    openssl("req", "-x509", *CURVE, *out, *locked, *options)
    return pair


def caller(trusted: Pair, own: Pair | None = None) -> ssl.SSLContext:
    """Trust one authority and show a certificate, or none."""
    context = ssl.create_default_context(cafile=trusted.cert)
    if own:
        context.load_cert_chain(own.cert, own.key)
    return context
