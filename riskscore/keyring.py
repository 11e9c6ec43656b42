"""The ring of pseudonym keys: one per tenant and one per agreement.

Every key is random and owes nothing to another: who steals one, or destroys one, touches one
owner. (Keys derived from one master would need no ring, and all be lost with it.) A ring is text,
one key a line::

    tenant:NAME VERSION SECRET SEAL
    agreement:NAME VERSION SECRET SEAL

where both secrets are 64 hexadecimal digits. A line of the first
form, ``VERSION SECRET``, is a key without a seal for every owner that has none of its own in that
version; ``riskscore keys rotate-pseudonyms`` gives each its own.
"""

import re
import secrets
from dataclasses import dataclass, field

from riskscore.errors import ConfigError
from riskscore.privacy import SECRET, PseudonymKey

HEX = r"([0-9a-fA-F]{64})"
OWNER = r"[a-z0-9][a-z0-9_-]*"
NUMBER = r"([1-9][0-9]{0,8})"
OWN = re.compile(rf"(tenant|agreement):({OWNER}) {NUMBER} {HEX} {HEX}", re.ASCII)
SHARED = re.compile(rf"{NUMBER} {HEX}", re.ASCII)
AGREEMENT = "agreement "  # begins the owner's name; no tenant's has a blank


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing:
    """Keys by owner and version.

    Attributes:
        own: Of one owner each.
        shared: Version -> secret, of keys of the first form.
    """

    own: tuple[PseudonymKey, ...] = ()
    shared: tuple[tuple[int, bytes], ...] = field(default=(), repr=False)

    def of(self, owner: str) -> dict[int, PseudonymKey]:
        """Return an owner's keys by version; those of the first form where it has no other."""
        common = {
            version: PseudonymKey(owner, version, held, None) for version, held in self.shared
        }
        return common | {each.version: each for each in self.own if each.owner == owner}

    def complete(self, *owners: str) -> "KeyRing":
        """Make a key for each owner that has none."""
        new = [new_key(owner) for owner in dict.fromkeys(owners) if not self.of(owner)]
        return KeyRing(own=(*self.own, *new), shared=self.shared)

    def having(self, key: PseudonymKey) -> "KeyRing":
        return KeyRing(own=(*self.own, key), shared=self.shared)

    def without(self, owner: str, version: int) -> "KeyRing":
        """Drop one key of an owner; one of the first form stays for the others."""
        kept = [each for each in self.own if (each.owner, each.version) != (owner, version)]
        return KeyRing(own=tuple(kept), shared=self.shared)

    def without_shared(self) -> "KeyRing":
        return KeyRing(own=self.own)

    @property
    def text(self) -> str:
        shared = [f"{version} {secret.hex()}" for version, secret in self.shared]
        own = [line_of(each) for each in sorted(self.own, key=lambda key: (key.owner, key.version))]
        return "".join(f"{line}\n" for line in (*shared, *own))


def line_of(key: PseudonymKey) -> str:
    return f"{named(key.owner)} {key.version} {key.secret.hex()} {(key.seal or b'').hex()}"


def named(owner: str) -> str:
    """Write an owner as a ring does."""
    kind = "agreement" if owner.startswith(AGREEMENT) else "tenant"
    return f"{kind}:{owner.removeprefix(AGREEMENT)}"


def owner_of(name: str) -> str:
    """Read an owner as a ring writes it."""
    kind, _, owner = name.partition(":")
    return f"{AGREEMENT}{owner}" if kind == "agreement" else owner


def new_key(owner: str) -> PseudonymKey:
    """Make an owner's first key."""
    return PseudonymKey(owner, 1, secrets.token_bytes(SECRET), secrets.token_bytes(SECRET))


def next_key(key: PseudonymKey) -> PseudonymKey:
    """Make the key that follows: the same digests under a new seal."""
    return PseudonymKey(key.owner, key.version + 1, key.secret, secrets.token_bytes(SECRET))


def ring_from(text: str, where: str) -> KeyRing:
    """Read a ring; in an environment variable ``;`` may stand for the end of a line.

    Raises:
        ConfigError: A line is none of a ring, or a key is there twice. It does not quote any.
    """
    own: list[PseudonymKey] = []
    shared: list[tuple[int, bytes]] = []
    lines = [each.strip() for each in text.replace(";", "\n").splitlines()]
    for number, line in enumerate(lines, 1):
        if match := OWN.fullmatch(line):
            kind, name, version, *held = match.groups()
            secret, seal = map(bytes.fromhex, held)
            own.append(PseudonymKey(owner_of(f"{kind}:{name}"), int(version), secret, seal))
        elif match := SHARED.fullmatch(line):
            shared.append((int(match[1]), bytes.fromhex(match[2])))
        elif line:
            raise ConfigError(
                f"{where}: line {number}: expected tenant:NAME or agreement:NAME, a version and "
                "twice 64 hexadecimal digits, or a version and 64 of them"
            )
    if not own and not shared:
        raise ConfigError(f"{where}: expected pseudonym keys, one a line, found none")
    names = [*((each.owner, each.version) for each in own), *((None, each) for each, _ in shared)]
    if len({*names}) < len(names):
        raise ConfigError(f"{where}: a key is there twice in one version")
    return KeyRing(own=tuple(own), shared=tuple(shared))
