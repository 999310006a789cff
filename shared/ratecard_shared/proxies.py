"""The outbound proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name. Its user and password are never said.

What is on this machine is never asked through it: another machine's loopback is another place.
"""

from __future__ import annotations

import urllib.request
from typing import Final

from yarl import URL

_SCHEMES: Final = ("http", "https")
_HERE: Final = ("localhost", "127.0.0.1", "::1")


def proxy_for(url: str) -> URL | None:
    """Return the proxy to ask for `url`, None to ask directly. Raises ValueError if what is named is no proxy."""
    asked = URL(url)
    named = urllib.request.getproxies_environment().get(asked.scheme)
    if not named or asked.host in _HERE or urllib.request.proxy_bypass(f"{asked.host}:{asked.port}"):
        return None
    proxy = URL(named if "://" in named else f"http://{named}")
    if proxy.scheme not in _SCHEMES or not proxy.host:
        raise ValueError(f"{asked.scheme.upper()}_PROXY is no address such as http://proxy.example:3128")
    return proxy


def shown(proxy: URL) -> str:
    """Return what may be said of a proxy: where it is."""
    return f"the proxy {proxy.host}:{proxy.port} (HTTPS_PROXY, HTTP_PROXY)"
