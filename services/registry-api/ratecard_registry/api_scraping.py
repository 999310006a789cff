"""The admin's routes to scraping configurations: what is in force, its versions, a dry run, and changes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Final

from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import Body, HeaderParameter, JSONBody, PathParameter, QueryParameter

from ratecard_registry.access import Caller
from ratecard_registry.describing import ADMINISTERING, answers, refuses, takes_no
from ratecard_registry.problems import Problem, as_json
from ratecard_registry.scraping_desk import Change, ScrapingDesk
from ratecard_registry.scraping_pages import GivenPage
from ratecard_registry.scraping_trial import TrialView
from ratecard_registry.scraping_views import ConfigList, ConfigView, VersionList

_PATH: Final = "/api/admin/scraping-config"
_MOST_BYTES: Final = 64 * 1024
_MOST_BYTES_TO_TRY: Final = 20 * 1024 * 1024
_REVISION: Final = re.compile(r'(?:W/)?"?(\d{1,9})"?')
_NO_PROVIDER: Final = refuses("No provider file has this name")
_INVALID: Final = refuses("It is no valid configuration, or does not read the newest kept page: `errors`, `trial`")
_WRONG: Final = takes_no("`If-Match` takes the ETag of the configuration, or `*`, not 'soon'.")
Provider = Annotated[str, PathParameter(description="The provider's id")]
Force = Annotated[bool, QueryParameter(description="Take it although it does not read the newest kept page well")]
_SHOWN: Final[dict[int, Any]] = {
    200: answers(ConfigView, "What is in force now"),
    404: _NO_PROVIDER,
    400: _WRONG,
    **ADMINISTERING,
}
_CHANGED: Final[dict[int, Any]] = {**_SHOWN, 412: refuses("It was changed since the revision that `If-Match` names")}

IfMatch = Annotated[
    str | None, HeaderParameter(name="If-Match", description="The `ETag` of what is replaced, or `*`", max_length=40)
]
Note = Annotated[str, QueryParameter(description="Why, for whoever looks later", max_length=2000)]
Config = Annotated[
    dict[str, Any], Body(description="What a provider file says in `pricing`, as JSON: `pages`, and `currency`")
]


class DryRun(GivenPage, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A configuration to try (none means the one in force), and the page to try it on."""

    config: dict[str, Any] | None = None


@get(
    _PATH,
    operation_id="listScrapingConfigs",
    summary="List scraping configurations",
    responses={200: answers(ConfigList, "Every provider"), **ADMINISTERING},
    tags=["admin"],
)
async def list_configs(scraping: NamedDependency[ScrapingDesk]) -> Response[bytes]:
    """Return where each provider's scraping configuration comes from: its file, or what was stored instead."""
    return as_json(await scraping.listed())


@get(
    f"{_PATH}/{{provider:str}}",
    operation_id="getScrapingConfig",
    summary="Get a scraping configuration",
    responses=_SHOWN,
    tags=["admin"],
)
async def one_config(scraping: NamedDependency[ScrapingDesk], provider: Provider) -> Response[bytes]:
    """Return the scraping configuration in force, and where it comes from. A PUT takes its `ETag` as `If-Match`."""
    return _answer(await scraping.shown(provider))


@put(
    f"{_PATH}/{{provider:str}}",
    operation_id="putScrapingConfig",
    summary="Store a scraping configuration",
    request_max_body_size=_MOST_BYTES,
    responses={
        **_CHANGED,
        413: refuses("It has more than 64 KiB"),
        422: _INVALID,
        428: refuses("`If-Match` is missing"),
    },
    tags=["admin"],
)
async def put_config(
    *,
    caller: NamedDependency[Caller],
    scraping: NamedDependency[ScrapingDesk],
    provider: Provider,
    data: Config,
    if_match: IfMatch = None,
    note: Note = "",
    force: Force = False,
) -> Response[bytes]:
    """Store a configuration as a new version, and bring it into force from the next sync on.

    It is tried on the newest kept bytes of its pages first, and refused if it does not read them well; `force` takes it
    nevertheless. `If-Match` takes the `ETag` of the GET, or `*` to replace whatever is there.
    """
    if if_match is None:
        raise Problem(428, f"Say what you replace: send the ETag of GET {_PATH}/{provider} as `If-Match`, or `*`.")
    return _answer(await scraping.put(provider, data, _change(caller, if_match, note, force=force)))


@post(
    f"{_PATH}/{{provider:str}}/dry-run",
    operation_id="tryScrapingConfig",
    summary="Try a scraping configuration",
    status_code=200,
    request_max_body_size=_MOST_BYTES_TO_TRY,
    responses={
        200: answers(TrialView, "What would be read"),
        400: refuses("The page cannot be chosen like that"),
        404: refuses("There is no such provider, or no such page is kept"),
        422: refuses("It is no valid configuration: `errors` lists what is wrong"),
        413: refuses("It has more than 20 MiB"),
        **ADMINISTERING,
    },
    tags=["admin"],
)
async def dry_run(
    *, scraping: NamedDependency[ScrapingDesk], provider: Provider, data: JSONBody[DryRun | None] = None
) -> Response[bytes]:
    """Say what a configuration would read on a page, and where that differs from the prices in force.

    The page is the newest kept one, one of the evidence, or the text that is sent. Nothing is fetched, kept or changed.
    """
    asked = data or DryRun()
    return as_json(await scraping.dry_run(provider, asked.config, asked))


@get(
    f"{_PATH}/{{provider:str}}/versions",
    operation_id="listScrapingConfigVersions",
    summary="List the versions of a scraping configuration",
    responses={
        200: answers(VersionList, "All versions, the newest first"),
        400: _WRONG,
        404: _NO_PROVIDER,
        **ADMINISTERING,
    },
    tags=["admin"],
)
async def list_versions(scraping: NamedDependency[ScrapingDesk], provider: Provider) -> Response[bytes]:
    """Return every configuration that was ever stored for a provider. None is ever changed."""
    return as_json(await scraping.versions(provider))


@post(
    f"{_PATH}/{{provider:str}}/versions/{{version:int}}/activate",
    operation_id="activateScrapingConfig",
    summary="Bring a stored version into force",
    status_code=200,
    responses={**_CHANGED, 404: refuses("There is no such version"), 422: _INVALID},
    tags=["admin"],
)
async def activate(
    *,
    caller: NamedDependency[Caller],
    scraping: NamedDependency[ScrapingDesk],
    provider: Provider,
    version: Annotated[int, PathParameter(description="The version's number")],
    if_match: IfMatch = None,
    force: Force = False,
) -> Response[bytes]:
    """Bring a stored version into force from the next sync on, after the same dry run as a new one."""
    return _answer(await scraping.activate(provider, version, _change(caller, if_match, force=force)))


@post(
    f"{_PATH}/{{provider:str}}/deactivate",
    operation_id="deactivateScrapingConfig",
    summary="Go back to the provider file",
    status_code=200,
    responses={**_CHANGED, 409: refuses("None is active")},
    tags=["admin"],
)
async def deactivate(
    *,
    caller: NamedDependency[Caller],
    scraping: NamedDependency[ScrapingDesk],
    provider: Provider,
    if_match: IfMatch = None,
) -> Response[bytes]:
    """Go back to the provider file from the next sync on. All versions stay."""
    return _answer(await scraping.deactivate(provider, _change(caller, if_match)))


def _change(caller: Caller, if_match: str | None, note: str = "", *, force: bool = False) -> Change:
    seen = None
    if if_match is not None and if_match.strip() != "*":
        found = _REVISION.fullmatch(if_match.strip())
        if found is None:
            raise Problem(400, f"`If-Match` takes the ETag of the configuration, or `*`, not {if_match!r}.")
        seen = int(found[1])
    return Change(by=caller, seen=seen, note=note.replace("\0", ""), force=force)


def _answer(view: ConfigView) -> Response[bytes]:
    return as_json(view, headers={"ETag": f'"{view.revision}"'})


ROUTES: Sequence[Any] = (list_configs, one_config, put_config, dry_run, list_versions, activate, deactivate)
