"""Pseudonyms: what stands for an identifier in the store.

Phone numbers can be enumerated, so a plain hash of one hides nothing. A key has two secrets. Under
the first an identifier becomes a *digest* (HMAC-SHA256, cut), which lives in memory only; under the
second, the *seal*, the digest becomes the *pseudonym* that is stored (AES-256, a permutation of 16
bytes). Whoever holds both secrets and the database can look up anybody, whoever lacks one nobody.

The two are there for the sake of rotation, which must lose no history although no identifier is
stored to begin again from: it opens each pseudonym with the old seal and closes it with a new one.
The digests, and with them everything that hangs on an identifier, stay what they are. The old key
then matches nothing: without the new seal a pseudonym tells a digest as little as chance does.
"""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

SIZE = 16  # bytes of a pseudonym: at 2^32 identifiers, two share one with probability 2^-65
SECRET = 32  # bytes of either secret


@dataclass(frozen=True)
class PseudonymKey:
    """The secrets under which one owner's pseudonyms are made, in one version.

    Attributes:
        owner: The tenant whose identifiers they stand for, or ``agreement NAME``.
        version: From 1; a rotation adds 1.
        secret: Of the digests; the same in all versions of a key.
        seal: Of what is stored; None in a key of the first form, whose digests are stored bare.
    """

    owner: str
    version: int
    secret: bytes = field(repr=False)
    seal: bytes | None = field(repr=False)

    def digest(self, entity: str, identifier: str) -> bytes:
        """Return what stands for a canonical identifier in memory; 16 bytes."""
        return self._digest("identifier", self.owner, entity, identifier)

    def pseudonym(self, entity: str, identifier: str) -> bytes:
        """Return what stands for a canonical identifier in the store; 16 bytes."""
        [sealed] = self.sealed([self.digest(entity, identifier)])
        return sealed

    def sealed(self, digests: Iterable[bytes]) -> list[bytes]:
        """Make pseudonyms of digests."""
        return _each(self._closing, digests)

    def opened(self, pseudonyms: Iterable[bytes]) -> list[bytes]:
        """Make digests of pseudonyms."""
        return _each(self._opening, pseudonyms)

    @property
    def proof(self) -> bytes:
        """What a database keeps to recognise its key, and from which the key cannot be found."""
        whole = self.secret + (self.seal or b"")
        return hmac.digest(whole, b"proof of key", "sha256")[:SIZE]

    def _digest(self, *parts: str) -> bytes:
        """Authenticate parts, none of which can hold the separator."""
        code = self._keyed.copy()
        code.update("\0".join(parts).encode())
        return code.digest()[:SIZE]

    @cached_property
    def _keyed(self) -> hmac.HMAC:
        """The part of the work that is the same for every identifier."""
        return hmac.new(self.secret, digestmod="sha256")

    @cached_property
    def _closing(self) -> CipherContext | None:
        return None if self.seal is None else _cipher(self.seal).encryptor()

    @cached_property
    def _opening(self) -> CipherContext | None:
        return None if self.seal is None else _cipher(self.seal).decryptor()


def _cipher(seal: bytes) -> Cipher[ECB]:
    """Permute single blocks: a digest is one, no two are alike, and equal ones must stay equal."""
    return Cipher(AES(seal), ECB())  # noqa: S305 - what ECB would show of a text is what we ask for


def _each(context: CipherContext | None, blocks: Iterable[bytes]) -> list[bytes]:
    """Permute all blocks in one call, which costs what one of them would."""
    if context is None:
        return [*blocks]
    turned = context.update(b"".join(blocks))
    return [turned[place : place + SIZE] for place in range(0, len(turned), SIZE)]
