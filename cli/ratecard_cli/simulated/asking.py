"""What a simulated provider looks at in a request, and how it turns one down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from ratecard_cli.simulated.catalogue import Model

KEY: Final = "simulated"
"""The key that every simulated provider takes. It opens nothing else."""
MOST_PER_PAGE: Final = 2
"""How many models a paged list gives at once: few, so that paging is seen."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider looks at: headers with names in lower case, and the query."""

    headers: Mapping[str, str]
    query: Mapping[str, str]


class Refused(Exception):  # noqa: N818 - it is an answer, not a fault
    """The request is answered with this status and body instead of a list."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


def named(model: Model) -> dict[str, Any]:
    """Return what OpenAI's list, and those that follow it, say of a model."""
    return {"id": model.id, "object": "model", "created": int(model.created_at.timestamp())}
