"""The route that tells of providers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency

from ratecard_registry.describing import READING, answers
from ratecard_registry.problems import as_json
from ratecard_registry.provider_views import Providers, ProvidersView


@get(
    "/api/providers",
    operation_id="listProviders",
    summary="List providers",
    responses={200: answers(ProvidersView, "What is known of each provider"), **READING},
    tags=["models"],
)
async def list_providers(known_providers: NamedDependency[Providers]) -> Response[bytes]:
    """Return each provider with its models, its newest sync, and when its pricing pages were last read well."""
    return as_json(await known_providers.listed())


ROUTES: Sequence[Any] = (list_providers,)
