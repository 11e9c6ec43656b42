"""Pseudonyms: what stands for an identifier in the store.

Phone numbers can be enumerated, so a plain hash of one hides nothing. We store an HMAC, and the
key is the secret: whoever holds the key and the database can look up anybody, whoever holds only
the database nobody. The key lives in a file of one line, ``<version> <64 hexadecimal digits>``,
that only its owner may read.
"""

import hmac
import os
import re
import secrets
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from riskscore.errors import ConfigError

LINE = re.compile(r"([1-9][0-9]{0,8}) ([0-9a-fA-F]{64})\s*", re.ASCII)
SIZE = 16  # bytes of a pseudonym: at 2^32 identifiers, two share one with probability 2^-65
OTHERS = 0o077  # permission bits of everybody but the owner


@dataclass(frozen=True)
class PseudonymKey:
    """A secret under which pseudonyms are made, and its number."""

    version: int
    secret: bytes = field(repr=False)

    def pseudonym(self, tenant: str, entity: str, identifier: str) -> bytes:
        """Return what stands for a canonical identifier of this tenant; 16 bytes."""
        return self._digest("identifier", tenant, entity, identifier)

    def derived(self, name: str) -> "PseudonymKey":
        secret = hmac.digest(self.secret, name.encode(), "sha256")
        return PseudonymKey(self.version, secret)

    @property
    def proof(self) -> bytes:
        """What a database keeps to recognise its key, and from which the key cannot be found."""
        return self._digest("proof of key")

    def _digest(self, *parts: str) -> bytes:
        """Authenticate parts, none of which can hold the separator."""
        code = self._keyed.copy()
        code.update("\0".join(parts).encode())
        return code.digest()[:SIZE]

    @cached_property
    def _keyed(self) -> hmac.HMAC:
        """The part of the work that is the same for every identifier."""
        return hmac.new(self.secret, digestmod="sha256")


def read_key(path: Path) -> PseudonymKey:
    """Read a key file.

    Raises:
        ConfigError: It is not there, not ours alone to read, or malformed.
    """
    try:
        text = path.read_text("ascii", "replace")
        mode = path.stat().st_mode
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}: expected a pseudonym key file") from error
    if mode & OTHERS:
        raise ConfigError(f"{path}: readable by others: expected mode 0600")
    match = LINE.fullmatch(text)
    if not match:
        raise ConfigError(f"{path}: expected one line: a version and 64 hexadecimal digits")
    return PseudonymKey(int(match[1]), bytes.fromhex(match[2]))


def create_key(path: Path) -> None:
    """Write a new key file, unless there is one: of several who try at once, one succeeds.

    Raises:
        ConfigError: It cannot be written.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        _write_durably(partial, f"1 {secrets.token_hex(32)}\n")
        try:
            os.link(partial, path)
        except FileExistsError:
            return
        finally:
            partial.unlink()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}: cannot write a pseudonym key") from error


def write_privately(path: Path, text: str) -> None:
    """Write a secret into a file that only its owner may read, in place of what was there.

    Raises:
        ConfigError: It cannot be written.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        _write_durably(partial, f"{text}\n")
        partial.replace(path)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}: cannot write a key") from error


def _write_durably(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
