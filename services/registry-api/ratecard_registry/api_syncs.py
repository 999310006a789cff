"""The admin's routes: start a sync, and see how it goes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import asyncpg
import msgspec
from aiokafka.errors import KafkaError
from faststream.exceptions import FastStreamException
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter

from ratecard_registry import audit
from ratecard_registry.access import Caller
from ratecard_registry.describing import ADMINISTERING, answers, refuses, takes_no
from ratecard_registry.problems import NOTHING_IS_CALLED_SO, Problem, as_json
from ratecard_registry.sync_view import SyncResult, Syncs, SyncsPage, SyncView
from ratecard_registry.views import View
from ratecard_shared.events import SyncRequested
from ratecard_shared.tracing import about

_SECONDS_BETWEEN_LOOKS: Final = 0.25
_MOST: Final = 200
_USUALLY: Final = 20
_SECONDS_TO_PUBLISH: Final = 10.0
_NO_KAFKA: Final = "Kafka did not take the request in time, though it still may: look at GET /health, then try again."


class TriggerRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The providers to sync; none named means all."""

    providers: tuple[str, ...] = ()
    reason: str = ""


class Triggered(View, frozen=True, kw_only=True):
    """The sync that was asked for, and where to see how it goes."""

    sync_id: str
    status_url: str


class Trigger:
    """Asks for syncs. `publish` puts the request on `sync.requested` and returns the sync's id."""

    def __init__(
        self,
        *,
        pool: Callable[[], asyncpg.Pool],
        publish: Callable[[SyncRequested], Awaitable[str]],
        known: Collection[str],
        disabled: Collection[str] = (),
        wait_at_most: float,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Wire it. `known` have a file and are enabled, `disabled` have only the file; `wait_at_most` is in seconds."""
        self._pool = pool
        self._publish = publish
        self.known = tuple(sorted(known))
        self._disabled = frozenset(disabled)
        self._now = now
        self.wait_at_most = wait_at_most

    async def ask(self, wanted: TriggerRequest, syncs: Syncs, caller: Caller) -> Triggered:
        """Ask for the sync. Raises Problem for a provider that nobody knows, or that is switched off."""
        if off := sorted(self._disabled.intersection(wanted.providers)):
            raise Problem(409, f"RATECARD_ENABLED_PROVIDERS leaves out {', '.join(off)}: add it there, and restart.")
        if unknown := sorted(set(wanted.providers).difference(self.known)):
            known = ", ".join(self.known)
            raise Problem(400, f"There is no provider {', '.join(unknown)}. Known are {known}.")
        asked_at = self._now()
        request = SyncRequested(
            providers=wanted.providers, requested_by="api", reason=wanted.reason, requested_at=asked_at
        )
        row = await self._write_down(wanted, caller)
        try:
            sync_id = await asyncio.wait_for(self._publish(request), _SECONDS_TO_PUBLISH)
        except (KafkaError, FastStreamException, OSError, TimeoutError) as error:
            await audit.settle(self._pool(), row, outcome="failed", error=_NO_KAFKA)
            raise Problem(503, _NO_KAFKA, headers={"Retry-After": "10"}) from error
        with about(sync_id=sync_id):
            await syncs.remember(sync_id, wanted.providers, asked_at)
            await audit.settle(self._pool(), row, outcome="done", syncId=sync_id)
        return Triggered(sync_id=sync_id, status_url=f"/api/admin/sync/{sync_id}")

    async def _write_down(self, wanted: TriggerRequest, caller: Caller) -> int:
        target, details = ", ".join(wanted.providers) or "all providers", {"reason": wanted.reason}
        return await audit.record(
            self._pool(), caller, action="sync.trigger", target=target, details=details, outcome="asked"
        )


@post(
    "/api/admin/sync/trigger",
    operation_id="triggerSync",
    summary="Ask for a sync",
    status_code=202,
    responses={
        202: answers(Triggered, "The sync was asked for"),
        200: answers(SyncResult, "With `wait`: how it went"),
        400: refuses("A provider is not known", "There is no provider nobody. Known are acme, zenith."),
        409: refuses(
            "A provider is switched off, or the sync did not start", "The sync did not start: no provider is enabled."
        ),
        **ADMINISTERING,
    },
    tags=["admin"],
)
async def trigger_sync(
    *,
    trigger: NamedDependency[Trigger],
    syncs: NamedDependency[Syncs],
    caller: NamedDependency[Caller],
    data: JSONBody[TriggerRequest | None] = None,
    wait: Annotated[bool, QueryParameter(description="Answer when the sync has ended")] = False,
) -> Response[bytes]:
    """Ask for a sync. With `?wait=true` the answer comes when it has ended, and says how it went."""
    asked = await trigger.ask(data or TriggerRequest(), syncs, caller)
    result = await _result(asked.sync_id, syncs, trigger.wait_at_most) if wait else None
    if result is not None:
        return as_json(result)
    return as_json(asked, status=202, headers={"Location": asked.status_url})


@get(
    "/api/admin/sync/{sync_id:str}",
    operation_id="getSync",
    summary="See how a sync goes",
    responses={
        200: answers(SyncView, "How the sync goes"),
        400: refuses("The id has a NUL character in it", NOTHING_IS_CALLED_SO),
        404: refuses("Nobody asked for such a sync", "Nobody asked for a sync 'sync-9'."),
        **ADMINISTERING,
    },
    tags=["admin"],
)
async def one_sync(
    syncs: NamedDependency[Syncs],
    sync_id: Annotated[str, PathParameter(description="The `syncId` of the trigger's answer")],
) -> Response[bytes]:
    """Return how a sync goes, per provider."""
    view = await syncs.view(sync_id)
    if view is None:
        raise Problem(404, f"Nobody asked for a sync {sync_id!r}.")
    return as_json(view)


@get(
    "/api/admin/syncs",
    operation_id="listSyncs",
    summary="List how syncs went",
    responses={
        200: answers(SyncsPage, "Syncs, the newest first"),
        400: takes_no("`cursor` is none that a page gave: leave it out to start over."),
        **ADMINISTERING,
    },
    tags=["admin"],
)
async def list_syncs(
    *,
    syncs: NamedDependency[Syncs],
    provider: Annotated[str | None, QueryParameter(description="Of this provider only")] = None,
    cursor: Annotated[str | None, QueryParameter(description="A page's `nextCursor`", max_length=400)] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=_MOST, description="How many a page holds")] = _USUALLY,
) -> Response[bytes]:
    """Return how the newest syncs went, or those of one provider: per provider its stages, counts and errors."""
    return as_json(await syncs.page(provider=provider, cursor=cursor, limit=limit))


async def _result(sync_id: str, syncs: Syncs, seconds: float) -> SyncResult | None:
    """Wait for the sync's end. None if it takes longer. Raises Problem if it never started."""
    until = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < until:
        view = await syncs.view(sync_id)
        if view and view.result:
            return view.result
        if view and view.error and not view.providers:
            raise Problem(409, f"The sync did not start: {view.error}.")
        await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
    return None


ROUTES: Sequence[Any] = (trigger_sync, one_sync, list_syncs)
