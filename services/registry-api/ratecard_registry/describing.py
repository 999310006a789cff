"""How routes describe their answers in OpenAPI: what comes, when it is refused, and an example of each.

Examples of refusals stand beside the routes, those of answers in `examples/`: generated ones would tell nothing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example, OpenAPIType, Schema, SecurityScheme
from litestar.plugins import OpenAPISchemaPlugin

from ratecard_registry.problems import MEDIA_TYPE, Invalid, ProblemView


def answers(kind: Any, description: str) -> ResponseSpec:
    """Describe an answer of this type; its example is a file of `examples/`."""
    return ResponseSpec(kind, generate_examples=False, description=description)


def refuses(description: str, detail: str | None = None, *, kind: Any = ProblemView, **more: Any) -> ResponseSpec:
    """Describe an error, told as problem details. `detail` and `more` are an example of what it says."""
    example = Example(value={"type": "about:blank", "detail": detail or f"{description}.", **more})
    return ResponseSpec(
        kind, generate_examples=False, description=description, media_type=MEDIA_TYPE, examples=[example]
    )


def takes_no(detail: str, **more: Any) -> ResponseSpec:
    """Describe that a parameter has a value which it does not take."""
    return refuses("A parameter has a value that it does not take", detail, kind=Invalid, **more)


_NO_KEY: Final = refuses(
    "No key was sent, or one that is unknown, revoked or expired",
    "This registry asks for a key. Send one as `Authorization: Bearer KEY` or `X-API-Key: KEY`.",
)
_BROKEN: Final = {
    500: refuses("A fault of the registry's", "This is a fault of the registry's. Its log says more."),
    503: refuses(
        "Something that the registry needs is down", "PostgreSQL cannot be reached. Nothing is lost: try again."
    ),
}
_TOO_OFTEN: Final = refuses(
    "More requests than the key, or the address without one, may send in a minute",
    "More than 6000 requests in a minute. Ask again in 18 s. POST /api/cost takes 10,000 usages at once, and "
    "GET /api/changes tells what has changed.",
)
READING: Final = {401: _NO_KEY, 429: _TOO_OFTEN, **_BROKEN}
"""The errors of every route that reads."""
ADMINISTERING: Final = {
    **READING,
    403: refuses(
        "The key lacks the scope `admin`",
        "The key 'billing' lacks the scope `admin`: use one that has it, or create one.",
    ),
}
"""The errors of every route of the admin's."""


KEY_SCHEMES: Final = {
    "bearer": SecurityScheme(type="http", scheme="bearer", description="`Authorization: Bearer KEY`"),
    "apiKey": SecurityScheme(type="apiKey", name="X-API-Key", security_scheme_in="header", description="The same key"),
}
"""How a key is sent: either way."""


class ExactNumbers(OpenAPISchemaPlugin):
    """Describes a Decimal as the JSON number that it is written as; the framework would say string."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        """Take Decimals."""
        return value is Decimal

    def to_openapi_schema(self, field_definition: Any, schema_creator: Any) -> Schema:  # noqa: ARG002  # its interface
        """Say number."""
        return Schema(type=OpenAPIType.NUMBER)
