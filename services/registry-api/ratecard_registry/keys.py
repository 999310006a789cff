"""Keys to the API: what one looks like, and the table of them that a process answers from. Pure; no key is ever kept.

A key is 256 random bits, so one SHA-256 hides it as well as a slow hash would.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

PREFIX: Final = "rc_"
_BYTES: Final = 32
_SHOWN: Final = len(PREFIX) + 8


class Scope(StrEnum):
    """What a key is good for; `admin` includes `read`."""

    READ = "read"
    ADMIN = "admin"


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """What a request with this key is judged by."""

    id: str
    name: str
    scopes: frozenset[Scope]
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


def new_key() -> str:
    """Return a key that nobody can guess."""
    return PREFIX + secrets.token_urlsafe(_BYTES)


def digest_of(key: bytes) -> bytes:
    """Return what is kept of a key."""
    return hashlib.sha256(key).digest()


def shown(key: str) -> str:
    """Return the beginning of a key: enough to recognise it by, far too little to guess the rest from."""
    return key[:_SHOWN]


def granted(scopes: Iterable[Scope]) -> frozenset[Scope]:
    """Return the scopes with all that they include."""
    wanted = frozenset(scopes)
    return wanted | {Scope.READ} if Scope.ADMIN in wanted else wanted


class KeyTable:
    """The keys by their digest, as PostgreSQL had them at the last look, and which were used since this was last asked.

    A dict looks a digest up by a hash with a secret seed: how long that takes says nothing about how much was right.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self._keys: dict[bytes, Key] = {}
        self._used: set[str] = set()
        self.loaded = False

    def replace(self, keys: dict[bytes, Key]) -> None:
        """Know these keys and no others."""
        self._keys = keys
        self.loaded = True

    def find(self, digest: bytes) -> Key | None:
        """Return what is known of the key with this digest, None if it is nobody's."""
        return self._keys.get(digest)

    def note_use(self, key: Key) -> None:
        """Remember that the key was used."""
        self._used.add(key.id)

    def take_used(self) -> set[str]:
        """Return the ids of the keys that were used since this was last asked."""
        used, self._used = self._used, set()
        return used
