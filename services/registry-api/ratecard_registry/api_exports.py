"""The routes that give Ratecard's prices in the formats of other tools, whole: those tools page, filter and ask little.

`X-Ratecard-Left-Out` says how many models the format could not carry honestly, and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter

from ratecard_registry.describing import READING, answers, refuses, takes_no
from ratecard_registry.exporting import Exports, Format, etag_of
from ratecard_registry.keeping import KEPT
from ratecard_registry.problems import encode

_MOST: Final = 1000
_FURTHEST: Final = 1_000_000
Own = Annotated[bool, QueryParameter(description="With the operator's own prices, or only what providers list")]
_NO_MAP: Final = refuses(
    "The operator has stored no map to lay Ratecard's prices over",
    "There is no stored map: set RATECARD_LITELLM_MAP to a file with LiteLLM's model map.",
)
_WRONG: Final = takes_no(
    "`overlay`: Expected `bool`, got `str`",
    errors=[{"message": "Expected `bool`, got `str`", "key": "overlay", "source": "query"}],
)


def _says(description: str) -> dict[int, ResponseSpec]:
    return {200: answers(dict[str, Any], description), 400: _WRONG, **READING}


@get(
    "/api/export/litellm.json",
    operation_id="exportLitellm",
    summary="Export for LiteLLM and tokencost",
    responses={**_says("LiteLLM's model map"), 404: _NO_MAP},
    tags=["exports"],
)
async def litellm_map(
    *,
    exports: NamedDependency[Exports],
    overlay: Annotated[bool, QueryParameter(description="Lay it over the map that the operator stored")] = False,
    own: Own = True,
) -> Response[bytes]:
    """Return the model map that LiteLLM and tokencost read; with `overlay`, over the map that the operator stored."""
    return await _whole(exports, "litellm-overlay" if overlay else "litellm", own=own)


def _export(path: str, name: Format, *, operation_id: str, summary: str, whole: ResponseSpec, about: str) -> Any:
    """Return a route that gives a whole document."""

    @get(
        path,
        opt=KEPT,
        operation_id=operation_id,
        summary=summary,
        description=about,
        media_type=whole.media_type,
        responses={200: whole, 400: _WRONG, **READING},
        tags=["exports"],
    )
    async def export(*, exports: NamedDependency[Exports], own: Own = True) -> Response[bytes]:
        return await _whole(exports, name, own=own)

    return export


_WHOLE: Final = (
    _export(
        "/api/export/genai-prices.json",
        "genai-prices",
        operation_id="exportGenaiPrices",
        summary="Export for genai-prices",
        whole=answers(list[dict[str, Any]], "genai-prices' providers"),
        about="Return the data that genai-prices updates itself from.",
    ),
    _export(
        "/api/export/models.dev/api.json",
        "models.dev",
        operation_id="exportModelsDev",
        summary="Export for opencode and tokenlens",
        whole=answers(dict[str, Any], "models.dev's catalogue"),
        about="Return the catalogue that opencode and tokenlens read.",
    ),
    _export(
        "/api/export/llm-prices/current-v1.json",
        "llm-prices",
        operation_id="exportLlmPrices",
        summary="Export the prices in force for llm-prices",
        whole=answers(dict[str, Any], "llm-prices' current list"),
        about="Return the prices in force as llm-prices lists them.",
    ),
    _export(
        "/api/export/llm-prices/historical-v1.json",
        "llm-prices-history",
        operation_id="exportLlmPricesHistory",
        summary="Export all prices for llm-prices",
        whole=answers(dict[str, Any], "llm-prices' history"),
        about="Return every price of the standard tier as llm-prices lists them: `from_date` included, `to_date` not.",
    ),
    _export(
        "/api/export/prices.csv",
        "csv",
        operation_id="exportCsv",
        summary="Export all prices in force as a table",
        whole=ResponseSpec(str, generate_examples=False, description="A table", media_type="text/csv"),
        about="Return every price row in force, in all tiers, bands, currencies and regions.",
    ),
)


@get(
    "/api/export/openrouter/v1/models",
    opt=KEPT,
    operation_id="exportOpenrouter",
    summary="Export for OpenRouter's clients",
    responses=_says("OpenRouter's list of models"),
    tags=["exports"],
)
async def openrouter_models(
    *,
    request: Request[Any, Any, Any],
    exports: NamedDependency[Exports],
    offset: Annotated[int | None, QueryParameter(ge=0, le=_FURTHEST, description="How many models to skip")] = None,
    limit: Annotated[
        int | None, QueryParameter(ge=1, le=_MOST, description="How many models; all if neither is given, else 500")
    ] = None,
    own: Own = True,
) -> Response[bytes]:
    """Return the models as OpenRouter lists them: all, or `limit` of them after `offset`."""
    rendered = await exports.get("openrouter", own=own)
    models = msgspec.json.decode(rendered.document.body, type=list[msgspec.Raw])
    first = offset or 0
    end = len(models) if limit is None and offset is None else first + (limit or 500)
    path = request.url.path
    more = f"&limit={limit or 500}{'' if own else '&own=false'}"
    following = f"{path}?offset={end}{more}" if end < len(models) else None
    body = encode({"data": models[first:end], "links": {"next": following}, "total_count": len(models)})
    return _answer(body, etag_of(body), rendered.document.left_out_header, "application/json")


async def _whole(exports: Exports, name: Format, *, own: bool) -> Response[bytes]:
    rendered = await exports.get(name, own=own)
    document = rendered.document
    return _answer(document.body, rendered.etag, document.left_out_header, document.media_type)


def _answer(body: bytes, etag: str, left_out: str, media_type: str) -> Response[bytes]:
    return Response(body, headers={"ETag": etag, "X-Ratecard-Left-Out": left_out}, media_type=media_type)


ROUTES: Final[Sequence[Any]] = (litellm_map, *_WHOLE, openrouter_models)
