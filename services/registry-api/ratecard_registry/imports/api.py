"""The admin's route that imports the dated prices of another tool's list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from ratecard_registry.access import Caller
from ratecard_registry.describing import ADMINISTERING, answers, refuses
from ratecard_registry.imports.importing import Asked, Format, Importer
from ratecard_registry.imports.views import ImportView
from ratecard_registry.problems import as_json

_MOST_BYTES: Final = 32 * 1024 * 1024
_LONGEST_SOURCE: Final = 500


@post(
    "/api/admin/import",
    operation_id="importPrices",
    summary="Import prices of another tool's list",
    status_code=200,
    request_max_body_size=_MOST_BYTES,
    responses={
        200: answers(ImportView, "What was imported, or would be"),
        400: refuses("The body is no list of this format: `faults` say where. Nothing was imported"),
        409: refuses("It looks like a slip: `report` says what. Nothing was imported"),
        413: refuses("The body is longer than 32 MiB"),
        **ADMINISTERING,
    },
    tags=["own prices"],
)
async def import_list(
    *,
    importer: NamedDependency[Importer],
    caller: NamedDependency[Caller],
    request: Request[Any, Any, Any],
    of_format: Annotated[Format, QueryParameter(name="format", description="Whose format the body is in")],
    source: Annotated[str, QueryParameter(max_length=_LONGEST_SOURCE, description="Where the file came from")] = "",
    dry_run: Annotated[
        bool, QueryParameter(name="dryRun", description="Say what would be imported, and import nothing")
    ] = False,
    force: Annotated[bool, QueryParameter(description="Take what looks like a slip")] = False,
) -> Response[bytes]:
    """Import the body, a file of llm-prices or genai-prices, as prices of the time before Ratecard recorded any.

    `source` says where the file came from. What is in force does not change; the same file twice adds nothing.
    """
    body = await request.body()
    asked = Asked(body=body, format=of_format, source=source.replace("\0", ""), dry_run=dry_run, force=force)
    return as_json(await importer.take(asked, caller))


ROUTES: Final[Sequence[Any]] = (import_list,)
