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
_TIMES: Final = ("at", "knownAt")

KEPT: Final = {_OPTION: True}
"""For a route's `opt`: its answers depend on the catalogue, the path and the query, and on nothing else."""


def keeps(options: Mapping[str, Any]) -> bool:
    """Tell whether a route with these options may be kept."""
    return bool(options.get(_OPTION))


def is_over(query: bytes, now: datetime) -> bool:
    """Tell whether every time that the query asks about is over."""
    given = parse_qs(query.decode("latin-1")) if query else {}
    try:
        times = [moment(text, name) for name in _TIMES for text in given.get(name, ())]
    except Problem:
        return False
    return all(time is None or time <= now for time in times)
