"""Writes docs/openapi.json, the API's description as the app gives it: `python tests/openapi_document.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from ratecard_registry.access import Access
from ratecard_registry.api import Parts, create_app
from ratecard_registry.docs import document
from ratecard_registry.problems import encode

FILE = Path(__file__).parents[1] / "docs" / "openapi.json"


def described() -> dict[str, Any]:
    """Return the document, without anything that the routes would work with."""
    parts: Any = dict.fromkeys(Parts.__struct_fields__)
    return document(create_app(Parts(**parts | {"access": Access(admin_key="", anonymous_read=True)})))


def text() -> str:
    """Return it as it is checked in."""
    return msgspec.json.format(encode(described()), indent=2).decode() + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
