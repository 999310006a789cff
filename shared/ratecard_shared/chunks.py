"""A list too long for one record goes out in numbered chunks, and comes together only as the list that was sent.

A chunk carries attempt, index, total and the digest of the whole list. The first complete attempt wins and attempts
are never mixed, so a crash and a refetch cannot make a list that no provider ever stated. The reader compares digests
and does not compute them: a newer sender's optional fields would make every list look broken to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec.structs import replace

from ratecard_shared.codec import encode
from ratecard_shared.events import Chunk, ModelsDiscovered, PricingScraped

CHUNK_BYTES: Final = 400 * 1024
"""No chunk is longer, which leaves room below `codec.MAX_RECORD_BYTES` for headers and Kafka's own."""

_LISTS: Final = ("models", "prices", "pages", "refused", "rules", "bodies")

E = TypeVar("E", bound=ModelsDiscovered | PricingScraped)


class ItemTooLongError(ValueError):
    """One item alone is longer than a chunk may be."""


def alone(attempt_id: str) -> Chunk:
    """Return the chunk of an event that is not split (yet)."""
    return Chunk(attempt_id=attempt_id, index=0, total=1, digest="")


def split(whole: E, *, limit: int = CHUNK_BYTES) -> tuple[E, ...]:
    """Return the events, none longer than `limit` bytes, that say together what `whole` says.

    Each has an event id of its own, which a repeated split of the same event gives again. Raises ItemTooLongError.
    """
    names = _lists_of(whole)
    empty = replace(whole, event_id=f"{whole.event_id}.000000", **dict.fromkeys(names, ()))
    parts = _fill(whole, names, limit - len(encode(empty)) - _CHUNK_ROOM)
    digest = _digest(whole, names)
    return tuple(
        replace(
            empty,
            event_id=f"{whole.event_id}.{index}",
            chunk=replace(whole.chunk, index=index, total=len(parts), digest=digest),
            **{name: tuple(items) for name, items in part.items()},
        )
        for index, part in enumerate(parts)
    )


_CHUNK_ROOM: Final = 128


def _fill(whole: Any, names: Sequence[str], room: int) -> list[dict[str, list[Any]]]:
    parts: list[dict[str, list[Any]]] = [{}]
    left = room
    for name in names:
        for item in getattr(whole, name):
            length = len(encode(item)) + 1
            if length > room:
                raise ItemTooLongError(f"one of {name} takes {length} bytes, and a chunk has room for {room}")
            if length > left:
                parts.append({})
                left = room
            parts[-1].setdefault(name, []).append(item)
            left -= length
    return parts


def _lists_of(event: Any) -> tuple[str, ...]:
    return tuple(name for name in _LISTS if name in event.__struct_fields__)


def _digest(event: Any, names: Sequence[str]) -> str:
    return hashlib.sha256(b"".join(encode(getattr(event, name)) for name in names)).hexdigest()


class Assembly(msgspec.Struct, Generic[E], frozen=True, kw_only=True):
    """What has come of one side of a (sync, provider): add every chunk, in any order, as often as it comes.

    `whole` is the list as one event, from the first attempt that was complete; it does not change any more. `broken`
    are attempts whose chunks contradict each other in total or digest.
    """

    whole: E | None = None
    attempts: dict[str, dict[int, E]] = {}
    broken: tuple[str, ...] = ()

    def add(self, part: E) -> Assembly[E]:
        """Return the assembly with `part` in it."""
        attempt = part.chunk.attempt_id
        if self.whole is not None or attempt in self.broken:
            return self
        parts = {part.chunk.index: part} | self.attempts.get(attempt, {})
        if _contradict(parts.values()):
            return self._without(attempt)
        if len(parts) < part.chunk.total:
            return replace(self, attempts=self.attempts | {attempt: parts})
        return replace(self, whole=_joined([parts[index] for index in sorted(parts)]), attempts={})

    def _without(self, attempt: str) -> Assembly[E]:
        kept = {key: parts for key, parts in self.attempts.items() if key != attempt}
        return replace(self, attempts=kept, broken=(*self.broken, attempt))


def assemble(parts: Iterable[E]) -> E | None:
    """Return the first list that is complete in `parts`, in the order in which they came."""
    assembly: Assembly[E] = Assembly()
    for part in parts:
        assembly = assembly.add(part)
    return assembly.whole


def _contradict(parts: Iterable[Any]) -> bool:
    chunks = [part.chunk for part in parts]
    first = chunks[0]
    return any(
        (chunk.total, chunk.digest) != (first.total, first.digest) or not 0 <= chunk.index < chunk.total
        for chunk in chunks
    )


def _joined(parts: Sequence[E]) -> E:
    lists = {name: tuple(item for part in parts for item in getattr(part, name)) for name in _lists_of(parts[0])}
    return replace(parts[0], **lists)
