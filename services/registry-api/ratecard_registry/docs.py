"""`/docs`: the API's description as a page and as a document. All that the page loads comes from here."""

from __future__ import annotations

import asyncio
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import msgspec
from litestar import Litestar, Request, Response, Router, get
from litestar.datastructures import ResponseHeader
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, License, Tag
from litestar.params import FromPath

from ratecard_registry.describing import KEY_SCHEMES
from ratecard_registry.documenting import completed
from ratecard_registry.problems import Problem, encode
from ratecard_registry.views import camel

PATH: Final = "/docs"
_FOLDER: Final = Path(__file__).with_name("docs_page")
_EXAMPLES: Final = Path(__file__).with_name("examples")
_ASSETS: Final = {
    "swagger-ui-bundle.js": "text/javascript",
    "show.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}
_POLICY: Final = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
"""Swagger UI sets styles on its elements and draws with data: images."""

_ABOUT: Final = """
AI models and their prices, with history and evidence. Every number is one that a page or an API printed, or it is
openly unknown: an unknown price is "TBD" and no row, never zero.

Times are UTC. Money is an exact JSON number. Errors are problem details (RFC 9457): `detail` says what to do.
"""
_TAGS: Final = {
    "models": "Models, their prices of any time, and the pages that these were read from.",
    "costs": "What usages cost.",
    "changes": "Every change of a price or a model, as pages or as a stream.",
    "exports": "The prices in the formats of other tools.",
    "admin": "Syncs, quarantine and all else that needs a key with the scope `admin`.",
    "own prices": "Prices that the operator sets by hand, which are charged instead of the list's.",
    "operations": "Whether the registry is well.",
}
NEEDS_KEY: Final[list[dict[str, list[str]]]] = [{"bearer": []}, {"apiKey": []}]
MAY_NEED_KEY: Final[list[dict[str, list[str]]]] = [{}, *NEEDS_KEY]
"""Whether reading needs a key is the operator's wish."""


class _Page(OpenAPIRenderPlugin):
    """The page at `/docs` itself; it loads the document."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002  # its interface
        """Return the page."""
        return (_FOLDER / "index.html").read_bytes()


class _Document(JsonRenderPlugin):
    """The document, completed."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002  # its interface
        """Return the document."""
        return _document(request.app)


@cache
def _document(app: Litestar) -> bytes:
    return encode(document(app))


def document(app: Litestar) -> dict[str, Any]:
    """Return the app's OpenAPI document."""
    return completed(app.openapi_schema.to_schema(), {file.stem: _example(file) for file in _EXAMPLES.iterdir()})


def _example(file: Path) -> Any:
    body = file.read_bytes()
    return msgspec.json.decode(body) if file.suffix == ".json" else body.decode()


def _operation_id(route: HTTPRouteHandler, *_: Any) -> str:
    return camel(route.handler_name)


@get("/assets/{name:str}")
async def _asset(name: FromPath[str]) -> Response[bytes]:
    """Return a file that the page loads."""
    if name not in _ASSETS:
        raise Problem(404, f"The page has no {name!r}.")
    body = await asyncio.to_thread((_FOLDER / name).read_bytes)
    return Response(body, media_type=_ASSETS[name], headers={"Cache-Control": "public, max-age=86400"})


async def _found(response: Response[Any]) -> Response[Any]:
    """Say what is not there as all of the API does: the framework would show an HTML page."""
    if response.status_code == HTTPStatus.NOT_FOUND:
        raise Problem(404, f"There is no such page. {PATH} is the API's description, {PATH}/openapi.json its document.")
    return response


def described() -> OpenAPIConfig:
    """Return how the API is described, and where."""
    policy = ResponseHeader(name="Content-Security-Policy", value=_POLICY)
    return OpenAPIConfig(
        title="Ratecard",
        version="1",
        description=_ABOUT,
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        tags=[Tag(name=name, description=about) for name, about in _TAGS.items()],
        components=Components(security_schemes={**KEY_SCHEMES}),
        use_handler_docstrings=True,
        operation_id_creator=_operation_id,
        path=PATH,
        render_plugins=[_Page(path="/"), _Document()],
        openapi_router=Router(
            PATH, route_handlers=[_asset], include_in_schema=False, response_headers=[policy], after_request=_found
        ),
    )
