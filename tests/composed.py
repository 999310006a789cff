"""docker-compose.yml as Docker reads it with .env.example: merged keys, and every variable at its default."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[1]
TEXT: Final = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
OURS: Final = ("scheduler", "discovery", "scraper", "enricher", "registry")
_VARIABLE: Final = re.compile(r"\$\{(\w+):-([^}]*)\}")


def defaults() -> dict[str, str]:
    """Return what each variable is where nobody sets it, as the file says."""
    return dict(_VARIABLE.findall(TEXT))


def documented() -> dict[str, str]:
    """Return what .env.example says that each variable is by itself."""
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def composed(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the file with its variables filled in, which is done after it was parsed: each stays a text."""
    found = _filled(yaml.safe_load(TEXT), environ)
    assert isinstance(found, dict)
    return found


def _filled(value: Any, environ: Mapping[str, str]) -> Any:
    match value:
        case str():
            return _VARIABLE.sub(lambda match: environ.get(match[1]) or match[2], value)
        case dict():
            return {key: _filled(inner, environ) for key, inner in value.items()}
        case list():
            return [_filled(inner, environ) for inner in value]
    return value


SERVICES: Final[dict[str, Any]] = composed(documented())["services"]
