"""Which addresses a scraper may connect to: https and public ones, unless the operator allows others.

The address is checked when its socket is made, so neither a name that resolves inwards, nor a redirect, nor a name that
resolves otherwise the second time gets past it.
"""

from __future__ import annotations

import errno
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any, Final

from yarl import URL

from ratecard_scraper.faults import DisallowedError

_NAT64: Final = IPv6Network("64:ff9b::/96")


def check_url(url: str, *, allow_private: bool) -> URL:
    """Return `url` parsed. Raises DisallowedError for what is no https URL; http is for operators who allow it."""
    try:
        parsed = URL(url)
    except ValueError as error:
        raise DisallowedError(f"{url[:200]!r} is no URL") from error
    schemes = ("https", "http") if allow_private else ("https",)
    if parsed.scheme not in schemes or not parsed.host:
        raise DisallowedError(f"{url[:200]} is not an https URL (SCRAPING_ALLOW_PRIVATE=true allows http)")
    if parsed.user or parsed.password:
        raise DisallowedError(f"the URL for {parsed.host} carries a user name or a password: leave them out")
    return parsed


def is_public(address: str) -> bool:
    """Tell whether an IP address is one that anybody on the internet reaches, also inside an IPv6 disguise."""
    ip = _undisguised(ip_address(address))
    return ip.is_global and not ip.is_multicast


def _undisguised(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(ip, IPv4Address):
        return ip
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


def public_socket(info: Any) -> socket.socket:
    """Return a socket for an address that is about to be connected to. Raises PermissionError if it is not public."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise PermissionError(
            errno.EPERM, f"{address[0]} is not a public address (SCRAPING_ALLOW_PRIVATE=true allows it)"
        )
    return socket.socket(family, kind, protocol)
