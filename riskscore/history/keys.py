"""The key of one owner as a process holds it, and how it follows a rotation.

The database says under which versions an owner's pseudonyms are stored: one, or two while a
rotation is under way. Whoever looks for identifiers is told so by the same statement, and reads
the ring again when it is not what it knew; so workers need no restart, and no message.
"""

import logging
from dataclasses import dataclass

from sqlalchemy import Connection, Row, select

from riskscore.errors import ConfigError, StoreUnavailable
from riskscore.history.schema import pseudonym_key
from riskscore.keyring import KeyRing, named
from riskscore.keysource import KeySource
from riskscore.privacy import PseudonymKey

log = logging.getLogger("riskscore.store")


@dataclass(slots=True)
class Keys:
    """The key of one owner, in the versions under which pseudonyms may be stored now.

    Attributes:
        owner: A tenant, or ``agreement NAME``.
        live: Oldest first; what is new is stored under the last.
    """

    owner: str
    source: KeySource
    live: tuple[PseudonymKey, ...]

    @property
    def newest(self) -> PseudonymKey:
        return self.live[-1]

    @property
    def versions(self) -> tuple[int, int]:
        """The oldest and the newest."""
        return self.live[0].version, self.live[-1].version

    def digest(self, entity: str, identifier: str) -> bytes:
        """Return what stands for a canonical identifier, whatever the version."""
        return self.live[0].digest(entity, identifier)

    def opened(self, connection: Connection, row: Row) -> bytes:
        """Return the digest of an identifier as it is stored.

        Raises:
            StoreUnavailable: A rotation left our keys behind.
        """
        if row.key_version not in {each.version for each in self.live}:
            self.follow(connection)
        [key] = [each for each in self.live if each.version == row.key_version]
        [digest] = key.opened([bytes(row.pseudonym)])
        return digest

    def follow(self, connection: Connection) -> None:
        """Take up the versions that the database is at.

        Raises:
            StoreUnavailable: The ring lacks one of them, or holds another key in its place.
        """
        live = live_keys(connection, read_ring(self.source), self.owner)
        if not live:
            log.error("%s: not the keys of %s in the database", self.source, named(self.owner))
            raise StoreUnavailable("the pseudonym keys are not those of the database")
        self.live = live


def live_keys(connection: Connection, ring: KeyRing, owner: str) -> tuple[PseudonymKey, ...]:
    """Find the versions that the database is at, oldest first; none if the ring lacks one."""
    ours, proofs = ring.of(owner), proofs_of(connection, owner)
    live = [ours[version] for version in sorted(proofs) if version in ours]
    same = [each.proof for each in live] == [proofs[version] for version in sorted(proofs)]
    return tuple(live) if same else ()


def read_ring(source: KeySource) -> KeyRing:
    """Read the ring while serving.

    Raises:
        StoreUnavailable: It cannot be read; the log says why.
    """
    try:
        return source.read()
    except ConfigError as error:
        log.exception("the pseudonym keys cannot be read")
        raise StoreUnavailable("the pseudonym keys cannot be read") from error


def proofs_of(connection: Connection, owner: str) -> dict[int, bytes]:
    """Return the proof of each version that an owner's pseudonyms may be stored under."""
    wanted = select(pseudonym_key.c.version, pseudonym_key.c.proof).where(
        pseudonym_key.c.owner == owner
    )
    return {version: bytes(proof) for version, proof in connection.execute(wanted)}
