"""Where own prices are set, ended and withdrawn. An action and all that follows from it are one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg
import msgspec

from ratecard_registry import audit
from ratecard_registry.access import Caller
from ratecard_registry.own.layer import OwnLayer
from ratecard_registry.own.requests import EndRequest, OwnPriceRequest, ends_at, own_price
from ratecard_registry.own.store import Act, OwnStore
from ratecard_registry.own.views import OwnPricesView, OwnPriceView, own_price_view, version_view
from ratecard_registry.problems import Problem
from ratecard_registry.rows import own_from
from ratecard_registry.store import Place, Store
from ratecard_registry.stored import OwnPrice, OwnState, StoredModel
from ratecard_shared.database import transaction

_LARGEST_NUMBER: Final = 2**63 - 1


class OwnDesk:
    """Decides on own prices. `tell_caches` is called after each decision."""

    def __init__(
        self,
        *,
        pool: Callable[[], asyncpg.Pool],
        tell_caches: Callable[[], Awaitable[None]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Wire it."""
        self._pool = pool
        self._tell_caches = tell_caches
        self._now = now
        self._store = Store()
        self._own = OwnStore(self._store)

    async def listed(
        self, *, provider: str | None, model: str | None, state: OwnState | None, limit: int
    ) -> OwnPricesView:
        """Return the own prices as they are now, the newest first."""
        where = {"provider": provider, "model_id": model, "state": state.value if state else None}
        rows = [row async for row in self._own.sql.listed(self._pool(), **where, limit=limit)]
        return OwnPricesView(data=tuple(map(version_view, rows)), total=rows[0]["total"] if rows else 0)

    async def one(self, number: int) -> OwnPriceView:
        """Return an own price with its versions. Raises Problem."""
        return await self._shown(self._pool(), number)

    async def record(self, asked: OwnPriceRequest, caller: Caller) -> tuple[OwnPriceView, bool]:
        """Set a price, and tell whether it is new: the same once more is the one that there is. Raises Problem."""
        now = self._now()
        async with transaction(self._pool()) as connection:
            model = await self._model(connection, (asked.provider, asked.model))
            own = own_price(asked, model, now=now)
            same = next((one for one in model.own if _same(one, own, now)), None)
            number = same.number if same else await self._own.sql.next_number(connection)
            if same is None:
                own = msgspec.structs.replace(own, number=number)
                said = {"kind": own.kind, "rates": own.price.rates, "forced": asked.force}
                await self._own.write(connection, OwnLayer(model).record(own, now), Act(by=caller.name, at=now))
                await audit.record(
                    connection, caller, action="own_price.record", target=_target(model, number), details=said
                )
            shown = await self._shown(connection, number)
        await self._tell_caches()
        return shown, same is None

    async def end(self, number: int, asked: EndRequest, caller: Caller) -> OwnPriceView:
        """Let an own price end. Raises Problem."""
        now = self._now()
        async with transaction(self._pool()) as connection:
            own, model = await self._locked(connection, number)
            if own.state is OwnState.ENDED:
                raise Problem(409, f"Own price {number} has ended already. Withdraw it, if it never held.")
            at = ends_at(own, asked, now)
            act = Act(by=caller.name, at=now, reason=asked.reason.replace("\0", ""))
            await self._own.write(connection, OwnLayer(model).end(own, at, now), act)
            await audit.record(
                connection,
                caller,
                action="own_price.end",
                target=_target(model, number),
                details={"at": at, "reason": act.reason},
            )
            shown = await self._shown(connection, number)
        await self._tell_caches()
        return shown

    async def withdraw(self, number: int, reason: str, caller: Caller) -> OwnPriceView:
        """Take an own price back as if it had never been. Raises Problem."""
        now = self._now()
        async with transaction(self._pool()) as connection:
            own, model = await self._locked(connection, number)
            act = Act(by=caller.name, at=now, reason=reason.replace("\0", ""))
            await self._own.write(connection, OwnLayer(model).withdraw(own), act)
            await audit.record(
                connection,
                caller,
                action="own_price.withdraw",
                target=_target(model, number),
                details={"reason": act.reason},
            )
            shown = await self._shown(connection, number)
        await self._tell_caches()
        return shown

    async def _locked(self, connection: asyncpg.Connection, number: int) -> tuple[OwnPrice, StoredModel]:
        row = await self._own.sql.latest(connection, number=number) if number <= _LARGEST_NUMBER else None
        if row is None:
            raise _missing(number)
        await self._store.lock(connection, [row["provider"]])
        row = await self._own.sql.latest(connection, number=number)
        own = own_from(row)
        if own.state is OwnState.WITHDRAWN:
            raise Problem(409, f"Own price {number} is withdrawn already: nothing is left to decide.")
        return own, await self._model(connection, (row["provider"], row["model_id"]))

    async def _model(self, connection: asyncpg.Connection, place: Place) -> StoredModel:
        """Return the model, with its provider locked as for a sync. Raises Problem."""
        await self._store.lock(connection, [place[0]])
        model = (await self._store.models(connection, [place])).get(place)
        if model is None:
            raise Problem(404, f"{place[0]!r} has no model {place[1]!r}. GET /api/resolve says what may be meant.")
        return await self._model(connection, (place[0], model.merged_into)) if model.merged_into else model

    async def _shown(self, connection: Any, number: int) -> OwnPriceView:
        row = await self._own.sql.latest(connection, number=number) if number <= _LARGEST_NUMBER else None
        if row is None:
            raise _missing(number)
        return own_price_view(row, [one async for one in self._own.sql.versions(connection, number=number)])


def _same(known: OwnPrice, asked: OwnPrice, now: datetime) -> bool:
    """Tell whether the same is asked for again: of two that begin now, the first began a moment ago."""
    if (known.kind, known.price.key, known.end_date) != (asked.kind, asked.price.key, asked.end_date):
        return False
    begins = asked.price.effective_date
    since = known.price.effective_date == begins or (begins == now and known.state is OwnState.IN_FORCE)
    return since and known.price.same_price(asked.price)


def _target(model: StoredModel, number: int) -> str:
    return f"{'/'.join(model.place)} {number}"


def _missing(number: int) -> Problem:
    return Problem(404, f"There is no own price {number}. GET /api/admin/own-prices lists them.")
