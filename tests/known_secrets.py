"""What is secret in a run: what tests say is, whole API keys of Ratecard's, and URLs with a password in them."""

from __future__ import annotations

import re
from typing import Final

FORMS: Final = (
    re.compile(r"\brc_[A-Za-z0-9_-]{40,}"),
    re.compile(r"\b[a-z]+://[^\s/:@'\"]*:(?!\*+@|password@)[^\s/:@'\"]+@\w"),
)
"""`user:password@` stands in what a setting takes."""

_TELLING: Final = 6
_KNOWN: Final[set[str]] = set()


def secret(text: str) -> str:
    """Return the text, which from now on nobody may log."""
    _KNOWN.add(text)
    return text


def leaked(text: str) -> str | None:
    """Return how the first secret in `text` begins, None if there is none."""
    found = [form[0] for pattern in FORMS if (form := pattern.search(text))]
    found += [known for known in _KNOWN if known in text]
    return f"{found[0][:_TELLING]}..." if found else None
