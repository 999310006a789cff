"""Applies enriched events to the stored models inside one transaction: loads, lets the pure core decide, writes."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

import asyncpg
from prometheus_client import Counter as Metric

from ratecard_registry import changes
from ratecard_registry.changes import Decision
from ratecard_registry.metrics import MODELS_DEPRECATED, PRICING_UPDATED
from ratecard_registry.outdated import MODELS, Outdated
from ratecard_registry.own.store import OwnStore
from ratecard_registry.quarantine import Quarantine
from ratecard_registry.store import Place, Store
from ratecard_registry.stored import StoredModel
from ratecard_registry.sync_store import SyncStore
from ratecard_shared.events import (
    Enriched,
    ModelChangeKind,
    ModelEnriched,
    ProviderEnriched,
    SideOutcome,
)
from ratecard_shared.tracing import about

SYNC_STATUS: Final = "sync:status"
_LOG: Final = logging.getLogger(__name__)
_UPDATES: Final = {ModelChangeKind.CHANGED, ModelChangeKind.REAPPEARED}

Counted = Counter[tuple[Metric, str]]
"""By how much metrics of providers grow."""


class Applying:
    """One transaction's work. `now` is the same for all of it."""

    def __init__(
        self,
        store: Store,
        syncs: SyncStore,
        connection: asyncpg.Connection,
        now: datetime,
        *,
        own: OwnStore,
        quarantine: Quarantine | None = None,
    ) -> None:
        """Take the open transaction. Without a quarantine every price is believed."""
        self._quarantine = quarantine
        self._store = store
        self._syncs = syncs
        self._connection = connection
        self._now = now
        self._own = own
        self._gained_own: list[Place] = []
        self._closed: set[str] = set()
        self._outdated = Outdated()
        self.counted: Counted = Counter()

    async def run(self, run: Sequence[Enriched]) -> list[Enriched]:
        """Apply a run of different models, or one closing, and return the events that came too late to matter."""
        if isinstance(run[0], ProviderEnriched):
            with about(sync_id=run[0].sync_id, provider=run[0].provider):
                return [] if await self._close(run[0]) else [run[0]]
        return await self._models([event for event in run if isinstance(event, ModelEnriched)])

    async def finish(self) -> None:
        """Say which syncs are complete, and make outdated what readers kept.

        These locks are taken last and in order, so that nobody waits in a circle, or for longer than need be.
        """
        await self._store.bump(self._connection, self._outdated)
        for sync_id in sorted(self._closed):
            await self._syncs.complete(self._connection, sync_id, self._now)

    async def _models(self, said: Sequence[ModelEnriched]) -> list[Enriched]:
        passed = await self._store.pass_unchanged(self._connection, said)
        if self._quarantine and passed:
            await self._quarantine.begin(self._connection, [event for event in said if _place(event) in passed])
        older, decided = await self._decide([event for event in said if _place(event) not in passed])
        applied = passed | {_place(event) for event, _ in decided}
        await self._merge_page_names([event for event in said if _place(event) in applied], {*map(_place, said)})
        await self._write_by_sync(decided)
        await self._own.settle(self._connection, self._gained_own, self._now)
        self._gained_own.clear()
        return older

    async def _decide(
        self, said: Sequence[ModelEnriched]
    ) -> tuple[list[Enriched], list[tuple[ModelEnriched, Decision]]]:
        """Return the events that came too late to matter, and what the others do to their models."""
        stored = await self._store.models(self._connection, [_place(event) for event in said])
        events = [changes.without_torn_rows(stored.get(_place(event)), event) for event in said]
        unknown = {event.provider for event in events if _place(event) not in stored}
        listed = await self._store.listed(self._connection, unknown) if unknown else {}
        older: list[Enriched] = []
        decided: list[tuple[ModelEnriched, Decision]] = []
        screening = await self._quarantine.screening(self._connection, events, self._now) if self._quarantine else None
        for event in events:
            known = stored.get(_place(event))
            newest = listed.get(event.provider)
            unlisted = known is None and newest is not None and changes.place(event) < newest
            screened = screening.screen(known, event) if screening else None
            decision = None if unlisted else changes.enrich(known, event, self._now, screened)
            if decision is None:
                older.append(event)
            else:
                decided.append((event, decision))
                if screening and screened:
                    screening.changed += screened.entries
        if self._quarantine and screening:
            await self._quarantine.save(self._connection, screening, self._now)
        return older, decided

    async def _write_by_sync(self, decided: Sequence[tuple[ModelEnriched, Decision]]) -> None:
        for sync_id in sorted({event.sync_id for event, _ in decided}):
            of_sync = [decision for event, decision in decided if event.sync_id == sync_id]
            await self._write(sync_id, of_sync)

    async def _write(self, sync_id: str, decisions: Sequence[Decision]) -> None:
        await self._store.write_unread(self._connection, decisions, self._outdated, sync_id=sync_id, now=self._now)
        for provider in sorted({decision.after.provider for decision in decisions}):
            of_provider = [decision for decision in decisions if decision.after.provider == provider]
            said = Counter(decision.model_change.kind for decision in of_provider if decision.model_change)
            deprecated = said[ModelChangeKind.DEPRECATED]
            pricing = sum(len(decision.price_changes) for decision in of_provider)
            updated = sum(said[kind] for kind in _UPDATES)
            await self._store.count(
                self._connection, sync_id, provider, updated=updated, deprecated=deprecated, pricing=pricing
            )
            self.counted[MODELS_DEPRECATED, provider] += deprecated
            self.counted[PRICING_UPDATED, provider] += pricing
        for decision in decisions:
            _warn_if_unpriced(decision)

    async def _merge_page_names(self, events: Sequence[ModelEnriched], spoken: Collection[Place]) -> None:
        """Let models that only a page had named live on as the models that an API names now."""
        named = [event for event in events if event.model.match and not event.model.found_on_page]
        for provider in sorted({event.provider for event in named}):
            by_name = {e.model.match.name: e for e in reversed(named) if e.provider == provider and e.model.match}
            pages = await self._store.page_models(self._connection, provider, sorted(by_name))
            for name, page_id in sorted(pages.items()):
                event = by_name.get(name)
                if event is not None and page_id != event.model.id and (provider, page_id) not in spoken:
                    await self._merge(provider, page_id, event)

    async def _merge(self, provider: str, page_id: str, event: ModelEnriched) -> None:
        stored = await self._store.models(self._connection, [(provider, page_id)])
        decision = changes.merge(stored[provider, page_id], event, self._now)
        if decision is not None:
            await self._write(event.sync_id, [decision])
            await self._store.move_history(self._connection, provider, page_id, event.model.id)
            self._outdated.all_of(f"{MODELS}{provider}")
            if decision.before and decision.before.own:
                await self._own.leave(self._connection, (provider, page_id), event.model.id, self._now)
                self._gained_own.append((provider, event.model.id))
            if self._quarantine:
                await self._quarantine.let_go(self._connection, provider, page_id, self._now)
            _LOG.info("%s/%s is %s since its API names it", provider, page_id, event.model.id)

    async def _close(self, closing: ProviderEnriched) -> bool:
        provider, sync_id = closing.provider, closing.sync_id
        before = await self._store.before_closing(self._connection, closing)
        if before.generation >= closing.generation:
            return False
        await self._deprecate(closing, before.absent)
        await self._judge(closing, before.to_judge)
        held = await self._settle(self._quarantine, closing) if self._quarantine else None
        if closing.pricing.outcome == SideOutcome.COMPLETE:
            self._outdated.all_of(f"fallback:{provider}")
        elif await self._syncs.mark_stale(self._connection, provider, closing.started_at):
            self._outdated.all_of(f"{MODELS}{provider}")
        await self._syncs.save_pages(self._connection, provider, closing.pages)
        outcome = await self._syncs.ended(self._connection, closing, self._now, held=held)
        self._outdated.all_of(SYNC_STATUS)
        self._closed.add(sync_id)
        _LOG.info("%s ended %s in sync %s: %d models", provider, outcome, sync_id, len(closing.model_ids))
        if closing.unpriced_ids:
            _LOG.warning("%s has no known price for %s: shown as TBD", provider, ", ".join(closing.unpriced_ids))
        return True

    async def _settle(self, quarantine: Quarantine, closing: ProviderEnriched) -> int:
        """Bring into force what only looked as if it had moved, say what is held back, and return how much that is."""
        admitted, held_back = await quarantine.decide_moves(self._connection, closing, self._now)
        models = await self._load(closing.provider, admitted)
        decided = [changes.admit(model, admitted[model.facts.id], self._now) for model in models]
        await self._write(closing.sync_id, decided)
        await quarantine.keep_unmatched(self._connection, closing)
        if not held_back:
            return 0
        held = await quarantine.tell(self._connection, closing, self._now)
        if held.all and await quarantine.mark_disputed(self._connection, closing.provider, self._now):
            self._outdated.all_of(f"{MODELS}{closing.provider}")
        return held.read

    async def _deprecate(self, closing: ProviderEnriched, absent: Collection[str]) -> None:
        if closing.discovery.outcome == SideOutcome.COMPLETE:
            models = await self._load(closing.provider, absent)
            decided = (changes.deprecate(model, closing, self._now) for model in models)
            await self._write(closing.sync_id, [decision for decision in decided if decision])

    async def _judge(self, closing: ProviderEnriched, to_judge: Collection[str]) -> None:
        models = await self._load(closing.provider, to_judge)
        decided = (changes.judge(model, closing, self._now) for model in models)
        await self._write(closing.sync_id, [decision for decision in decided if decision])

    async def _load(self, provider: str, ids: Collection[str]) -> list[StoredModel]:
        return list((await self._store.models(self._connection, [(provider, model) for model in ids])).values())


def _place(event: ModelEnriched) -> Place:
    return (event.provider, event.model.id)


def _warn_if_unpriced(decision: Decision) -> None:
    had_a_price = decision.before is None or bool(decision.before.prices)
    if had_a_price and not decision.after.prices and not decision.after.merged_into:
        _LOG.warning("no price is known for %s: its costs are shown as TBD", "/".join(decision.after.place))
