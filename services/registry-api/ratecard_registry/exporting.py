"""The exports, rendered once for each state of the catalogue and served from memory until it changes."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final, Literal

import asyncpg
import msgspec

from ratecard_registry.catalogue import Catalogue, providers_in
from ratecard_registry.exports import genai_prices, litellm, llm_prices, models_dev, openrouter, price_rows
from ratecard_registry.exports.document import Document
from ratecard_registry.exports.llm_prices import Past, charged
from ratecard_registry.exports.naming import Names
from ratecard_registry.exports.overlay import overlay
from ratecard_registry.problems import Problem
from ratecard_registry.views import ModelView, PriceView, shown_prices, shown_rows
from ratecard_shared.database import queries

Format = Literal[
    "litellm", "litellm-overlay", "genai-prices", "models.dev", "openrouter", "llm-prices", "llm-prices-history", "csv"
]
QUERIES: Final = Path(__file__).with_name("exports") / "exports.sql"
_RENDERERS: Final[dict[str, Callable[[Sequence[ModelView], Names], Document]]] = {
    "litellm": litellm.document,
    "genai-prices": genai_prices.document,
    "models.dev": models_dev.document,
    "openrouter": openrouter.document,
    "llm-prices": lambda models, _: llm_prices.current(models),
    "csv": lambda models, _: price_rows.document(models),
}


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """A document and the state of the catalogue that it shows."""

    document: Document
    etag: str
    of: Any


class Exports:
    """Renders exports. `stored_map` is the LiteLLM map to lay Ratecard's prices over, if the operator has one."""

    def __init__(
        self, *, catalogue: Catalogue, pool: Callable[[], asyncpg.Pool], names: Names, stored_map: Path | None = None
    ) -> None:
        """Wire it. `pool` is called when PostgreSQL is needed."""
        self._catalogue = catalogue
        self._pool = pool
        self._names = names
        self._stored_map = stored_map
        self._sql = queries(QUERIES)
        self._kept: dict[tuple[Format, bool], Rendered] = {}
        self._one_at_a_time: defaultdict[tuple[Format, bool], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def get(self, name: Format, *, own: bool = True) -> Rendered:
        """Return the export, with the operator's own prices or without. Raises Problem."""
        async with self._one_at_a_time[name, own]:
            state = (
                providers_in(await self._catalogue.versions()),
                self._map_changed() if name == "litellm-overlay" else None,
            )
            kept = self._kept.get((name, own))
            if kept is None or kept.of != state:
                document = await self._render(name, own=own)
                kept = Rendered(document=document, etag=etag_of(document.body), of=state)
                self._kept[name, own] = kept
            return kept

    async def _render(self, name: Format, *, own: bool) -> Document:
        if name == "litellm-overlay":
            ours = (await self.get("litellm", own=own)).document
            body = await asyncio.to_thread(self._overlaid, ours.body)
            return msgspec.structs.replace(ours, body=body)
        models = await self._models()
        if not own:
            models = list(map(_without_own, models))
        if name == "llm-prices-history":
            past = [msgspec.convert(dict(row), Past) async for row in self._sql.standard_past(self._pool(), own=own)]
            return await asyncio.to_thread(llm_prices.historical, models, charged(past))
        return await asyncio.to_thread(_RENDERERS[name], models, self._names)

    async def _models(self) -> list[ModelView]:
        return list(chain(*(await self._catalogue.whole()).values()))

    def _map_changed(self) -> float:
        if self._stored_map is None:
            raise Problem(404, "There is no stored map: set RATECARD_LITELLM_MAP to a file with LiteLLM's model map.")
        try:
            return self._stored_map.stat().st_mtime
        except OSError as error:
            raise _unreadable(self._stored_map, error) from error

    def _overlaid(self, ours: bytes) -> bytes:
        path = self._stored_map
        assert path is not None  # noqa: S101 - `_map_changed` has been asked first
        try:
            return overlay(path.read_bytes(), ours)
        except (OSError, msgspec.DecodeError) as error:
            raise _unreadable(path, error) from error


def _without_own(model: ModelView) -> ModelView:
    if not any(row.own for row in (*model.pricing, *model.scheduled_pricing)):
        return model
    rows = [row for row in map(_listed, model.pricing) if row is not None]
    scheduled = [row for row in model.scheduled_pricing if row.own is None]
    pricing = shown_rows(rows, stale_since=model.stale_since, scheduled=scheduled)
    return msgspec.structs.replace(model, **shown_prices(pricing))


def _listed(row: PriceView) -> PriceView | None:
    while row.own is not None:
        if row.instead_of is None:
            return None
        row = row.instead_of
    return row


def etag_of(body: bytes) -> str:
    """Return what tells this body from any other."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _unreadable(path: Path, error: Exception) -> Problem:
    return Problem(503, f"RATECARD_LITELLM_MAP names {path.name!r}, which is no readable JSON object: {error}")
