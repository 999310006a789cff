"""How routes describe their answers in OpenAPI. Random examples are left out: they would differ at each start."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIType, Schema
from litestar.plugins import OpenAPISchemaPlugin

from ratecard_registry.problems import MEDIA_TYPE, ProblemView


def answers(kind: Any, description: str) -> ResponseSpec:
    """Describe an answer of this type."""
    return ResponseSpec(kind, generate_examples=False, description=description)


def refuses(description: str) -> ResponseSpec:
    """Describe an error, told as problem details."""
    return ResponseSpec(ProblemView, generate_examples=False, description=description, media_type=MEDIA_TYPE)


class ExactNumbers(OpenAPISchemaPlugin):
    """Describes a Decimal as the JSON number that it is written as; the framework would say string."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        """Take Decimals."""
        return value is Decimal

    def to_openapi_schema(self, field_definition: Any, schema_creator: Any) -> Schema:  # noqa: ARG002  # its interface
        """Say number."""
        return Schema(type=OpenAPIType.NUMBER)
