"""The route that gives the bytes of a page back, as a file: what others wrote is never shown as a page of ours."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Annotated, Any, Final

from litestar import Response, get
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter

from ratecard_registry.describing import READING, refuses
from ratecard_registry.evidence import DamagedError, PageStore
from ratecard_registry.problems import Problem

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_TEXT: Final = "text/plain"  # the framework adds that it is UTF-8
_BYTES: Final = "application/octet-stream"
_FILE: Final = ResponseSpec(
    bytes, generate_examples=False, description="The page as it was fetched, as an attachment", media_type=_BYTES
)
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, max-age=86400, immutable",
}


@get(
    "/api/evidence/{sha256:str}",
    operation_id="getEvidence",
    summary="Get the page that a price was read from",
    responses={
        200: _FILE,
        400: refuses("It is no SHA-256", "Evidence is named by its SHA-256: 64 digits of 0-9 and a-f."),
        404: refuses("These bytes are not kept", "The bytes of 9f86d0... are not kept: only pricing pages are."),
        **READING,
    },
    response_headers=[ResponseHeader(name="Content-Disposition", documentation_only=True)],
    tags=["models"],
)
async def page_bytes(
    *,
    pages: NamedDependency[PageStore],
    sha256: Annotated[str, PathParameter(description="The `sha256` of a price's evidence")],
) -> Response[bytes]:
    """Return the bytes of the page that a price's `evidence.sha256` names, as they were fetched."""
    if not _SHA256.fullmatch(sha256):
        raise Problem(400, "Evidence is named by its SHA-256: 64 digits of 0-9 and a-f.")
    try:
        body = await pages.body(sha256)
    except DamagedError as error:
        raise Problem(500, f"What is kept as evidence {sha256} is damaged: {error}.") from error
    if body is None:
        raise Problem(
            404, f"The bytes of {sha256} are not kept: only pricing pages are, for EVIDENCE_RETENTION_DAYS or longer."
        )
    is_text = await asyncio.to_thread(_is_text, body)
    name = f"{sha256}.{'txt' if is_text else 'bin'}"
    headers = {**_HEADERS, "Content-Disposition": f'attachment; filename="{name}"', "ETag": f'"{sha256}"'}
    return Response(body, headers=headers, media_type=_TEXT if is_text else _BYTES)


def _is_text(body: bytes) -> bool:
    try:
        return "\x00" not in body.decode("utf-8")
    except UnicodeDecodeError:
        return False


ROUTES: Sequence[Any] = (page_bytes,)
