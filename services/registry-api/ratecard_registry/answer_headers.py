"""The headers that every answer carries, whoever gave it: what a browser may do with it, and who may keep it how long.

An answer is fresh for a second, which is how far replicas may be apart, and then has to be asked for again: its ETag
makes that cheap. Only answers to callers without a key may be kept by caches that others share. What administrators
read is asked for again each time. What only documents heed goes with pages and not with data.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ratecard_registry.limiting import WINDOW, Verdict
from ratecard_registry.memory import Header

_POLICY: Final = (
    b"default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; "
    b"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_OF_ALL: Final[Header] = (b"x-content-type-options", b"nosniff")
OF_DATA: Final[tuple[Header, ...]] = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    _OF_ALL,
)
OF_PAGES: Final[tuple[Header, ...]] = (
    (b"content-security-policy", _POLICY),
    _OF_ALL,
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
BEHIND_TLS: Final[Header] = (b"strict-transport-security", b"max-age=31536000")

_VARY: Final[Header] = (b"vary", b"Authorization, X-API-Key")
FOR_ALL: Final[tuple[Header, ...]] = ((b"cache-control", b"public, max-age=1, must-revalidate"), _VARY)
FOR_ONE: Final[tuple[Header, ...]] = ((b"cache-control", b"private, max-age=1, must-revalidate"), _VARY)
LOOKED_AT_AGAIN: Final[tuple[Header, ...]] = ((b"cache-control", b"no-cache"),)
FOR_ADMINISTRATORS: Final[tuple[Header, ...]] = ((b"cache-control", b"private, no-cache"), _VARY)
FOR_NOBODY: Final[tuple[Header, ...]] = ((b"cache-control", b"no-store"),)


def limits(verdict: Verdict) -> tuple[Header, ...]:
    """Return what tells a caller how many requests are left (draft-ietf-httpapi-ratelimit-headers)."""
    return (
        (b"ratelimit-policy", b'"default";q=%d;w=%d' % (verdict.limit, WINDOW)),
        (b"ratelimit", b'"default";r=%d;t=%d' % (verdict.left, verdict.seconds)),
    )


def named(headers: Iterable[Header], name: bytes) -> bytes | None:
    """Return the value of a header, whose name is in lower case."""
    return next((value for known, value in headers if known == name), None)


def added(headers: tuple[Header, ...], more: tuple[Header, ...]) -> tuple[Header, ...]:
    """Return the headers with those of `more` that they do not have yet; what an answer varies by adds up."""
    known = {name for name, _ in headers} - {b"vary"}
    return headers + tuple(header for header in more if header[0] not in known)
