"""Which addresses a scraper may connect to: https and public ones, unless the operator allows others.

The address is checked when its socket is made, so neither a name that resolves inwards, nor a redirect, nor a name that
resolves otherwise the second time gets past it. Through a proxy, which resolves names itself, only spellings can be.
"""

from __future__ import annotations

import errno
import socket
from typing import Any

from yarl import URL

from ratecard_providers.addresses import is_public, url_fault
from ratecard_scraper.faults import DisallowedError


def check_url(url: str, *, allow_private: bool) -> URL:
    """Return `url` parsed. Raises DisallowedError for what is not public https; more is for operators who allow it."""
    try:
        parsed = URL(url)
    except ValueError as error:
        raise DisallowedError(f"{url[:200]!r} is no URL") from error
    if fault := url_fault(url, allow_private=allow_private):
        raise DisallowedError(f"{parsed.host or url[:200]!r} is not asked: {fault}")
    return parsed


def public_socket(info: Any) -> socket.socket:
    """Return a socket for an address that is about to be connected to. Raises PermissionError if it is not public."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise PermissionError(
            errno.EPERM, f"{address[0]} is not a public address (SCRAPING_ALLOW_PRIVATE=true allows it)"
        )
    return socket.socket(family, kind, protocol)
