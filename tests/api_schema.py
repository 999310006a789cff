"""The API's description as something to hold answers and examples against, more strictly than readers need to."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from jsonschema import Draft202012Validator
from openapi_document import described

_OPEN: Final = {"ProblemView", "Invalid"}
"""Problem details may have members of their own."""


@cache
def strict() -> dict[str, Any]:
    """Return the document; what it does not name, its objects may not have."""
    whole = copy.deepcopy(described())
    for name, schema in whole["components"]["schemas"].items():
        if "properties" in schema and name not in _OPEN:
            schema["additionalProperties"] = False
    return whole


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield every method, path and operation."""
    for path, methods in strict()["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def faults(schema: Any, value: Any) -> list[str]:
    """Return where the value is not what the schema says."""
    rooted = {**schema, "components": strict()["components"]}
    found = Draft202012Validator(rooted).iter_errors(value)
    return [f"{'/'.join(map(str, fault.absolute_path))}: {fault.message[:300]}" for fault in found]


def content_of(operation_id: str, status: str) -> dict[str, Any]:
    """Return what an operation answers with a status, by media type."""
    (operation,) = (one for _, _, one in operations() if one["operationId"] == operation_id)
    found: dict[str, Any] = operation["responses"][status].get("content", {})
    return found
