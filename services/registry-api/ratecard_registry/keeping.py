"""Which answers may be given again until the catalogue changes: those of routes that say so, about times that are over.

Whatever is asked about a time to come may change by itself, when the time comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs

from ratecard_registry.moments import moment
from ratecard_registry.problems import Problem

_OPTION: Final = "kept"
_BY_PROVIDER: Final = "kept_by_provider"
_TIMES: Final = ("at", "knownAt")

KEPT: Final = {_OPTION: True}
"""For a route's `opt`: its answers depend on all models, the path and the query, and on nothing else."""

KEPT_BY_PROVIDER: Final = {**KEPT, _BY_PROVIDER: True}
"""The same; if the query names a provider they depend on that one's models alone, or on the one they are about."""

ABOUT: Final = "about"
"""Where in its request's state such a route leaves the id of the only model that the answer depends on."""


def keeps(options: Mapping[str, Any]) -> bool:
    """Tell whether a route with these options may be kept."""
    return bool(options.get(_OPTION))


def depends_on(options: Mapping[str, Any], query: bytes) -> str | None:
    """Return the only provider whose models the answer depends on; None if it may be all of them."""
    named = parse_qs(query.decode("latin-1")).get("provider", ()) if query and options.get(_BY_PROVIDER) else ()
    return named[0] if len(named) == 1 else None


def is_over(query: bytes, now: datetime) -> bool:
    """Tell whether every time that the query asks about is over."""
    given = parse_qs(query.decode("latin-1")) if query else {}
    try:
        times = [moment(text, name) for name in _TIMES for text in given.get(name, ())]
    except Problem:
        return False
    return all(time is None or time <= now for time in times)
