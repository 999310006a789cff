"""The routes that tell what changed: as pages to ask for, and as a stream to follow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter, QueryParameter
from litestar.response import Stream

from ratecard_registry.describing import READING, answers, refuses, takes_no
from ratecard_registry.feed import LATEST, About, ChangesPage
from ratecard_registry.following import MEDIA_TYPE, Follower
from ratecard_registry.problems import as_json

STREAM: Final = "/api/changes/stream"
"""It has no answer of which the head alone could be given."""

_MOST: Final = 500
_WRONG: Final = takes_no("`since` is a `nextCursor` that a page gave, or `latest`, not 'yesterday'.")
_GONE: Final = refuses(
    "Changes after this place are no longer kept: `detail` says how to start again",
    "Changes after 12-340 are no longer kept. Take `nextCursor` of GET /api/changes?since=latest, read GET /api/models "
    "afresh, then go on from that cursor.",
)
_EVENTS: Final = ResponseSpec(
    str,
    generate_examples=False,
    description="Server-Sent Events: `id` is the cursor, `event` the type, `data` a change as pages have it",
    media_type=MEDIA_TYPE,
)

Since = Annotated[
    str | None, QueryParameter(description=f"A `nextCursor`, or `{LATEST}` for what comes from now on", max_length=40)
]
LastEventId = Annotated[
    str | None, HeaderParameter(name="Last-Event-ID", description="As `since`, before which it goes", max_length=40)
]
OfProvider = Annotated[str | None, QueryParameter(description="Of this provider only", max_length=300)]
OfModel = Annotated[
    str | None, QueryParameter(description="Of the models with this id only: the bare id", max_length=300)
]
Kind = Literal["first_seen", "changed", "corrected", "scheduled", "withdrawn", "appeared", "deprecated", "reappeared"]
OfKind = Annotated[Kind | None, QueryParameter(description="Of this kind only, of prices or of models")]


@get(
    "/api/changes",
    operation_id="listChanges",
    summary="List changes",
    responses={200: answers(ChangesPage, "A page of changes"), 400: _WRONG, 410: _GONE, **READING},
    tags=["changes"],
)
async def changes(
    *,
    follower: NamedDependency[Follower],
    since: Since = None,
    provider: OfProvider = None,
    model: OfModel = None,
    kind: OfKind = None,
    limit: Annotated[int, QueryParameter(ge=1, le=_MOST, description="How many at most")] = 100,
    accept: Annotated[str, HeaderParameter(name="Accept", include_in_schema=False)] = "",
    last_event_id: LastEventId = None,
) -> Response[Any]:
    """Return what changed of prices and models after `since`, as it was published; without it, all that is kept.

    No change is skipped, however late it was committed. With `Accept: text/event-stream` it is a stream, as
    `/api/changes/stream` is.
    """
    about = About(provider=provider, model=model, kind=kind)
    if MEDIA_TYPE in accept:
        return await _stream(follower, last_event_id or since, about)
    feed = follower.feed
    return as_json(await feed.page(await feed.start(since), limit, about), headers={"Vary": "Accept"})


@get(
    STREAM,
    operation_id="followChanges",
    summary="Follow changes",
    responses={200: _EVENTS, 400: _WRONG, 410: _GONE, **READING},
    tags=["changes"],
)
async def stream(
    *,
    follower: NamedDependency[Follower],
    since: Since = None,
    provider: OfProvider = None,
    model: OfModel = None,
    kind: OfKind = None,
    last_event_id: LastEventId = None,
) -> Response[Any]:
    """Return changes as they come, and first what was published after `Last-Event-ID` or `since`.

    Without either the stream begins now. It ends after ten minutes; clients reconnect, and miss nothing.
    """
    return await _stream(follower, last_event_id or since, About(provider=provider, model=model, kind=kind))


async def _stream(follower: Follower, since: str | None, about: About) -> Response[Any]:
    start = await follower.feed.start(since or LATEST)
    await follower.feed.page(start, 1)
    return Stream(
        follower.follow(start, about),
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no", "Vary": "Accept"},
    )


ROUTES: Sequence[Any] = (changes, stream)
