"""Which addresses a pricing page may have: https and public ones, unless the operator allows others. Pure: no look-up.

A name is judged by its spelling here, and once more by the address that it resolves to when it is connected to.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from yarl import URL

_NAT64: Final = IPv6Network("64:ff9b::/96")
_UNICAST: Final = IPv6Network("2000::/3")
"""All that is given out of IPv6: what Python calls global beside it are a site's own and translators' addresses."""
_PROTOCOLS: Final = IPv4Network("192.0.0.0/24")
"""A cloud's metadata service is there; releases of Python differ on it."""
_LOCAL_NAMES: Final = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "arpa", "onion")
_PORTS: Final = (None, 443)
_ALLOWED: Final = "(SCRAPING_ALLOW_PRIVATE=true allows it)"


def url_fault(url: str, *, allow_private: bool) -> str | None:
    """Return why no page may be fetched from `url`, and what it takes instead; None if one may."""
    if any(character.isspace() or not character.isprintable() or character == "\\" for character in url):
        return "it has spaces, control characters or backslashes in it"
    try:
        parsed = URL(url)
    except ValueError as error:
        return f"it is no URL: {error}"
    if parsed.scheme not in ("https", "http") or not parsed.host:
        return "it takes an address that starts with https://"
    if parsed.user is not None or parsed.password is not None:
        return "it carries a user name or a password: leave them out"
    return None if allow_private else _not_public(parsed, parsed.host)


def _not_public(parsed: URL, host: str) -> str | None:
    if parsed.scheme != "https":
        return f"it takes https {_ALLOWED}"
    if parsed.explicit_port not in _PORTS:
        return f"it takes port 443, not {parsed.explicit_port} {_ALLOWED}"
    try:
        return None if is_public(host) else f"{host} is not a public address {_ALLOWED}"
    except ValueError:
        return _bad_name(host.rstrip("."))


def _bad_name(name: str) -> str | None:
    if _is_disguised(name):
        return f"{name} is an address in disguise: write its four decimal numbers, or its name"
    if "." not in name or name.rpartition(".")[2].casefold() in _LOCAL_NAMES:
        return f"{name} is a name of a local network {_ALLOWED}"
    return None


def _is_disguised(name: str) -> bool:
    """Tell whether resolvers take the name for an address: one number, hexadecimal or octal ones, fewer than four."""
    try:
        socket.inet_aton(name)
    except OSError:
        return False
    return True


def is_public(address: str) -> bool:
    """Tell whether an IP address is one that anybody on the internet reaches, also inside an IPv6 disguise."""
    ip = _undisguised(ip_address(address))
    if isinstance(ip, IPv6Address):
        return ip.is_global and ip in _UNICAST
    return ip.is_global and not ip.is_multicast and ip not in _PROTOCOLS


def _undisguised(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(ip, IPv4Address):
        return ip
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip
