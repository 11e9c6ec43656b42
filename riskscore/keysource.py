"""Where the ring of pseudonym keys is kept: a file, the environment, or what a command prints.

With ``command:`` a key management service can hold it: the words run without a shell, and print the
ring. Only a file is ours to change; elsewhere the operator puts in place what our commands print.
"""

import fcntl
import os
import secrets
import shlex
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from riskscore.errors import ConfigError
from riskscore.keyring import KeyRing, ring_from

OTHERS = 0o077  # permission bits of everybody but the owner
PATIENCE = 5  # seconds that a command may take to bring the ring


@dataclass(frozen=True, slots=True)
class KeySource:
    """Where the ring is kept: ``file:PATH``, ``env:NAME`` or ``command:WORDS``."""

    kind: str
    place: str

    def __str__(self) -> str:
        """Name the source; of a command only the program, its words may be secret."""
        place = shlex.split(self.place)[0] if self.kind == "command" else self.place
        return place if self.kind == "file" else f"{self.kind}:{place}"

    @property
    def path(self) -> Path | None:
        """The file; None where the ring is kept by somebody else, who alone may change it."""
        return Path(self.place) if self.kind == "file" else None

    @property
    def there(self) -> bool:
        """Whether a file is there; of other places only reading tells."""
        return self.path is None or self.path.exists()

    def read(self) -> KeyRing:
        """Fetch the ring as it is now.

        Raises:
            ConfigError: It is not there, not ours alone to read, or malformed.
        """
        match self.kind:
            case "file":
                text = read_private(Path(self.place))
            case "env":
                text = os.environ.get(self.place, "")
            case _:
                text = said_by(shlex.split(self.place), str(self))
        return ring_from(text, str(self))

    def complete(self, *owners: str) -> KeyRing:
        """Make a key for each owner that has none.

        Raises:
            ConfigError: As ``change``.
        """
        return self.change(lambda ring: ring.complete(*owners))

    def change(self, how: Callable[[KeyRing], KeyRing]) -> KeyRing:
        """Replace the file by another ring; of several who try at once each changes the last.

        Raises:
            ConfigError: It cannot be read or written, or is not in a file.
        """
        if self.path is None:
            raise ConfigError(f"{self}: not ours to change")
        with alone_in(self.path.parent):
            before = self.read() if self.there else KeyRing()
            after = how(before)
            if after != before:
                write_private(self.path, after.text)
            return after


def key_file(path: Path) -> KeySource:
    return KeySource("file", str(path))


def source_from(text: str) -> KeySource:
    kind, _, place = text.partition(":")
    return KeySource(kind, place)


def read_private(path: Path) -> str:
    try:
        text = path.read_text("ascii", "replace")
        mode = path.stat().st_mode
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}: expected a file of pseudonym keys") from error
    if mode & OTHERS:
        raise ConfigError(f"{path}: readable by others: expected mode 0600")
    return text


def write_private(path: Path, text: str) -> None:
    """Write a file anew, so that whoever reads it finds the old one or the new one."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        partial.replace(path)
        settle_folder(path.parent)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}: cannot write pseudonym keys") from error


def settle_folder(folder: Path) -> None:
    """Let a name that a folder holds now outlast a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep out whoever else would change files of a folder."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise ConfigError(f"{folder}: {error.strerror}: cannot write pseudonym keys") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def said_by(words: list[str], where: str) -> str:
    """Return what a command prints; its complaints go where ours go."""
    try:
        done = subprocess.run(  # noqa: S603 - the operator's own words, without a shell
            words, check=True, stdout=subprocess.PIPE, timeout=PATIENCE, stdin=subprocess.DEVNULL
        )
    except OSError as error:
        raise ConfigError(f"{where}: {error.strerror}") from error
    except subprocess.CalledProcessError as error:
        raise ConfigError(f"{where}: ended with status {error.returncode}") from None
    except subprocess.TimeoutExpired:
        raise ConfigError(f"{where}: said nothing for {PATIENCE} s") from None
    return done.stdout.decode("ascii", "replace")
