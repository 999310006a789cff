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

from ratecard_registry.describing import answers, refuses
from ratecard_registry.exporting import Exports, Format, etag_of
from ratecard_registry.problems import encode

_MOST: Final = 1000
Own = Annotated[bool, QueryParameter(description="With the operator's own prices, or only what providers list")]
_NO_MAP: Final = refuses("The operator has stored no map to lay Ratecard's prices over")


def _json(description: str) -> dict[int, ResponseSpec]:
    return {200: answers(dict[str, Any], description)}


@get("/api/export/litellm.json", responses={**_json("LiteLLM's model map"), 404: _NO_MAP}, tags=["exports"])
async def litellm_map(
    *,
    request: Request[Any, Any, Any],
    exports: NamedDependency[Exports],
    overlay: Annotated[bool, QueryParameter()] = False,
    own: Own = True,
) -> Response[bytes]:
    """Return the model map that LiteLLM and tokencost read; with `overlay`, over the map that the operator stored."""
    return await _whole(request, exports, "litellm-overlay" if overlay else "litellm", own=own)


@get("/api/export/genai-prices.json", responses=_json("genai-prices' providers, a list"), tags=["exports"])
async def genai_prices_list(
    *, request: Request[Any, Any, Any], exports: NamedDependency[Exports], own: Own = True
) -> Response[bytes]:
    """Return the data that genai-prices updates itself from."""
    return await _whole(request, exports, "genai-prices", own=own)


@get("/api/export/models.dev/api.json", responses=_json("models.dev's catalogue"), tags=["exports"])
async def models_dev_catalogue(
    *, request: Request[Any, Any, Any], exports: NamedDependency[Exports], own: Own = True
) -> Response[bytes]:
    """Return the catalogue that opencode and tokenlens read."""
    return await _whole(request, exports, "models.dev", own=own)


@get("/api/export/llm-prices/current-v1.json", responses=_json("llm-prices' current list"), tags=["exports"])
async def current_llm_prices(
    *, request: Request[Any, Any, Any], exports: NamedDependency[Exports], own: Own = True
) -> Response[bytes]:
    """Return the prices in force as llm-prices lists them."""
    return await _whole(request, exports, "llm-prices", own=own)


@get("/api/export/llm-prices/historical-v1.json", responses=_json("llm-prices' history"), tags=["exports"])
async def llm_prices_history(
    *, request: Request[Any, Any, Any], exports: NamedDependency[Exports], own: Own = True
) -> Response[bytes]:
    """Return every price of the standard tier as llm-prices lists them: `from_date` included, `to_date` not."""
    return await _whole(request, exports, "llm-prices-history", own=own)


@get("/api/export/prices.csv", media_type="text/csv", tags=["exports"])
async def prices_csv(
    *, request: Request[Any, Any, Any], exports: NamedDependency[Exports], own: Own = True
) -> Response[bytes]:
    """Return every price row in force, in all tiers, bands, currencies and regions."""
    return await _whole(request, exports, "csv", own=own)


@get("/api/export/openrouter/v1/models", responses=_json("OpenRouter's list of models"), tags=["exports"])
async def openrouter_models(
    *,
    request: Request[Any, Any, Any],
    exports: NamedDependency[Exports],
    offset: Annotated[int | None, QueryParameter(ge=0)] = None,
    limit: Annotated[int | None, QueryParameter(ge=1, le=_MOST)] = None,
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
    return _answer(request, body, etag_of(body), rendered.document.left_out_header, "application/json")


async def _whole(request: Request[Any, Any, Any], exports: Exports, name: Format, *, own: bool) -> Response[bytes]:
    rendered = await exports.get(name, own=own)
    document = rendered.document
    return _answer(request, document.body, rendered.etag, document.left_out_header, document.media_type)


def _answer(request: Request[Any, Any, Any], body: bytes, etag: str, left_out: str, media_type: str) -> Response[bytes]:
    headers = {"ETag": etag, "Cache-Control": "no-cache", "X-Ratecard-Left-Out": left_out}
    known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if known & {etag, "*"}:
        return Response(b"", status_code=304, headers=headers, media_type=media_type)
    return Response(body, headers=headers, media_type=media_type)


ROUTES: Final[Sequence[Any]] = (
    litellm_map,
    genai_prices_list,
    models_dev_catalogue,
    current_llm_prices,
    llm_prices_history,
    prices_csv,
    openrouter_models,
)
