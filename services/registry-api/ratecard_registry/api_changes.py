"""The routes that tell what changed: as pages to ask for, and as a stream to follow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter, QueryParameter
from litestar.response import Stream

from ratecard_registry.describing import answers, refuses
from ratecard_registry.feed import LATEST, ChangesPage, Feed
from ratecard_registry.following import MEDIA_TYPE, Follower
from ratecard_registry.problems import as_json

_MOST: Final = 500
_WRONG: Final = refuses("A parameter has a value that it does not take")
_GONE: Final = refuses("Changes after this place are no longer kept: `detail` says how to start again")
_EVENTS: Final = ResponseSpec(
    str,
    generate_examples=False,
    description="Server-Sent Events: `id` is the cursor, `event` the type, `data` a change as pages have it",
    media_type=MEDIA_TYPE,
)

Since = Annotated[
    str | None, QueryParameter(description=f"A `nextCursor`, or `{LATEST}` for what comes from now on", max_length=40)
]
LastEventId = Annotated[str | None, HeaderParameter(name="Last-Event-ID", max_length=40)]


@get(
    "/api/changes",
    responses={200: answers(ChangesPage, "A page of changes"), 400: _WRONG, 410: _GONE},
    tags=["changes"],
)
async def changes(
    *,
    feed: NamedDependency[Feed],
    follower: NamedDependency[Follower],
    since: Since = None,
    limit: Annotated[int, QueryParameter(ge=1, le=_MOST)] = 100,
    accept: Annotated[str, HeaderParameter(name="Accept")] = "",
    last_event_id: LastEventId = None,
) -> Response[Any]:
    """Return what changed of prices and models after `since`, as it was published; without it, all that is kept.

    No change is skipped, however late it was committed. With `Accept: text/event-stream` it is a stream, as
    `/api/changes/stream` is.
    """
    if MEDIA_TYPE in accept:
        return await _stream(feed, follower, last_event_id or since)
    return as_json(await feed.page(await feed.start(since), limit), headers={"Vary": "Accept"})


@get(
    "/api/changes/stream",
    responses={200: _EVENTS, 400: _WRONG, 410: _GONE},
    tags=["changes"],
)
async def stream(
    *,
    feed: NamedDependency[Feed],
    follower: NamedDependency[Follower],
    since: Since = None,
    last_event_id: LastEventId = None,
) -> Response[Any]:
    """Return changes as they come, and first what was published after `Last-Event-ID` or `since`.

    Without either the stream begins now. It ends after ten minutes; clients reconnect, and miss nothing.
    """
    return await _stream(feed, follower, last_event_id or since)


async def _stream(feed: Feed, follower: Follower, since: str | None) -> Response[Any]:
    start = await feed.start(since or LATEST)
    await feed.page(start, 1)
    return Stream(
        follower.follow(start),
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no", "Vary": "Accept"},
    )


ROUTES: Sequence[Any] = (changes, stream)
