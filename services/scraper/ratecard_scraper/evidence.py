"""A page's bytes as evidence: compressed, in parts that fit a record, under the SHA-256 of the whole page."""

from __future__ import annotations

import zlib
from typing import Final

from ratecard_shared.events import PageBytes

PART_BYTES: Final = 192 * 1024
"""A part grows by a third in JSON and must leave room in a chunk."""


def page_bytes(body: bytes, sha256: str) -> tuple[PageBytes, ...]:
    """Return `body` in parts; joined in order and inflated with zlib they are `body` again."""
    packed = zlib.compress(body, level=9)
    pieces = [packed[at : at + PART_BYTES] for at in range(0, len(packed), PART_BYTES)]
    return tuple(
        PageBytes(sha256=sha256, index=index, total=len(pieces), data=piece) for index, piece in enumerate(pieces)
    )
