"""Every event that rooms exchange, as frozen Structs. Within a version only optional fields are added.

`event_id` is the same for every delivery of one event; `occurred_at` is UTC. A failure is an event too, and so is
"disabled": no side of a sync ever ends in silence.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

from ratecard_shared.prices import GLOBAL, STANDARD, USD, Evidence, Instant, PriceRow, Refusal, Rule


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What any event carries."""

    event_id: str
    sync_id: str
    occurred_at: Instant
    version: int = 1


class SyncRequested(msgspec.Struct, frozen=True, kw_only=True):
    """Please sync these providers; none named means all. Everything is optional: any Kafka client may send `{}`."""

    providers: tuple[str, ...] = ()
    requested_by: str = ""
    reason: str = ""
    requested_at: Instant | None = None
    event_id: str | None = None
    version: int = 1


class SyncStarted(Message, frozen=True, kw_only=True):
    """Sync this provider by `deadline`. `scraping_config` overrides the pricing part of the provider's file."""

    provider: str
    deadline: Instant
    discovery: bool = True
    scraping: bool = True
    scraping_config: dict[str, Any] | None = None


class SideOutcome(StrEnum):
    """How one side of a (sync, provider) went."""

    COMPLETE = "complete"
    FAILED = "failed"
    DISABLED = "disabled"


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """One numbered part of a list too long for one record. `digest` is the SHA-256 of the whole list."""

    attempt_id: str
    index: int
    total: int
    digest: str


class Capability(msgspec.Struct, frozen=True, kw_only=True):
    """A feature that a provider's API says a model has or lacks: chat, completion, embedding, vision, tools ..."""

    type: str
    supported: bool = True


class DiscoveredModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model as its provider's API lists it. `context_window` and `max_output_tokens` are in tokens.

    `prices` are those that the API itself states: a second source beside the page.
    """

    id: str
    display_name: str | None = None
    owned_by: str | None = None
    created: Instant | None = None
    context_window: int | None = None
    max_output_tokens: int | None = None
    capabilities: tuple[Capability, ...] = ()
    preview: bool = False
    deprecated: bool = False
    shutdown_date: date | None = None
    aliases: tuple[str, ...] = ()
    prices: tuple[PriceRow, ...] = ()


class ModelsDiscovered(Message, frozen=True, kw_only=True):
    """One chunk of a provider's whole model list for this sync, or why there is none (`error` says what to do)."""

    provider: str
    outcome: SideOutcome
    chunk: Chunk
    error: str | None = None
    models: tuple[DiscoveredModel, ...] = ()


class PageRead(msgspec.Struct, frozen=True, kw_only=True):
    """One pricing page as fetched. `error` is set where it could not be fetched or read.

    `complete` is false where the page is cut off or broken: what it shows is taken, but what it lacks has not ended.
    """

    url: str
    fetched_at: Instant
    sha256: str | None = None
    strategy: str | None = None
    rows: int = 0
    error: str | None = None
    complete: bool = True

    @property
    def well_read(self) -> bool:
        """Whether a price may end because the page does not show it."""
        return self.error is None and self.complete


class PageBytes(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a fetched page's bytes, zlib-compressed, for keeping as evidence under its SHA-256."""

    sha256: str
    index: int
    total: int
    data: bytes


class PricingScraped(Message, frozen=True, kw_only=True):
    """One chunk of a provider's whole price list for this sync with its evidence, or why there is none."""

    provider: str
    outcome: SideOutcome
    chunk: Chunk
    error: str | None = None
    prices: tuple[PriceRow, ...] = ()
    pages: tuple[PageRead, ...] = ()
    refused: tuple[Refusal, ...] = ()
    rules: tuple[Rule, ...] = ()
    bodies: tuple[PageBytes, ...] = ()


class Usability(StrEnum):
    """Whether a model can be used: `deprecated` also means absent from its provider's complete list."""

    AVAILABLE = "available"
    PREVIEW = "preview"
    DEPRECATED = "deprecated"


class MatchExplained(msgspec.Struct, frozen=True, kw_only=True):
    """Why a page name and a model belong together: the method, its score (0 to 100), and what was refused."""

    name: str
    method: str
    score: float
    refused: tuple[str, ...] = ()


class EnrichedModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model with what is known of it. `found_on_page` is true while only a page, and no API, has named it.

    `prices` None means that this sync could not tell (keep the last good ones); empty means a good page priced nothing.
    """

    id: str
    display_name: str
    classification: tuple[str, ...]
    usability: Usability
    context_window: int | None = None
    max_output_tokens: int | None = None
    capabilities: tuple[Capability, ...] = ()
    found_on_page: bool = False
    shutdown_date: date | None = None
    aliases: tuple[str, ...] = ()
    prices: tuple[PriceRow, ...] | None = None
    match: MatchExplained | None = None


class ModelEnriched(Message, frozen=True, kw_only=True, tag_field="type", tag="model"):
    """One model of a provider, joined. `generation` counts the joins of one (sync, provider), from 1.

    `started_at` is when the sync started the provider: of two syncs, the one that started later is right.
    `stated` are the API's own prices for rows whose price was taken from a page: a second source. `torn_pages` are the
    pages that are not `complete`: a row of theirs may lack rates.
    """

    provider: str
    started_at: Instant
    generation: int
    model: EnrichedModel
    stated: tuple[PriceRow, ...] = ()
    torn_pages: tuple[str, ...] = ()


class SyncError(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that went wrong in a sync. `stage` is discovery, pricing, enrichment or storage."""

    provider: str
    stage: str
    error: str


class SideReport(msgspec.Struct, frozen=True, kw_only=True):
    """How one side went, and how many models or rows it said. Outcome `missing`: it did not speak by the deadline."""

    outcome: str
    count: int = 0
    error: str | None = None


class ProviderEnriched(Message, frozen=True, kw_only=True, tag_field="type", tag="closing"):
    """Closes a join: how each side went and which model ids it spoke of. It follows its models on their partition.

    Only a `complete` discovery may deprecate the models that `model_ids` lacks. `unmatched_names` are page names
    without a model, `unpriced_ids` models without a price.
    """

    provider: str
    started_at: Instant
    generation: int
    discovery: SideReport
    pricing: SideReport
    model_ids: tuple[str, ...]
    unmatched_names: tuple[str, ...] = ()
    unpriced_ids: tuple[str, ...] = ()
    pages: tuple[PageRead, ...] = ()
    errors: tuple[SyncError, ...] = ()


Enriched = ModelEnriched | ProviderEnriched


class PriceChangeKind(StrEnum):
    """Why a price event was said. `corrected`: Ratecard had misread; `changed`: the provider charges another price."""

    FIRST_SEEN = "first_seen"
    CHANGED = "changed"
    CORRECTED = "corrected"
    SCHEDULED = "scheduled"
    WITHDRAWN = "withdrawn"


class PriceSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A price inside `pricing.changed`: rates by component, per the unit of `ratecard_shared.prices.UNITS`."""

    rates: dict[str, Decimal]
    free: bool = False


class OwnPriceSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A price that the operator set by hand.

    `kind` is negotiated or correction; `state` is scheduled, in_force, ended or withdrawn.
    """

    number: int
    kind: str
    state: str
    effective_date: Instant
    end_date: Instant | None = None


class PricingChanged(Message, frozen=True, kw_only=True):
    """A price of one model changed. `revision` grows by one per event of a model: drop what is not newer.

    `old` is the `new` of the event before for the same tier, band, currency and region. Announcements (`scheduled`)
    stand beside that chain: `old` is the price in force, `new` the one announced for `effective_date`, or null where
    the announcement is taken back; on the day, an event of its own brings the price into force.

    Both are what is charged. `source` is whose price changed: the provider's list, or the operator's `own`. Where the
    operator's price is charged, `own` names it and `list_price` is what the list says now; a change of the list has the
    own price for `old` and `new` then, and `own` is what keeps it from being charged.
    """

    provider: str
    model_id: str
    revision: int
    kind: PriceChangeKind
    tier: str = STANDARD
    above_tokens: int = 0
    currency: str = USD
    region: str = GLOBAL
    old: PriceSaid | None = None
    new: PriceSaid | None = None
    effective_date: Instant
    evidence: Evidence | None = None
    source: str = "list"
    own: OwnPriceSaid | None = None
    list_price: PriceSaid | None = None


class ModelChangeKind(StrEnum):
    """What happened to a model."""

    APPEARED = "appeared"
    CHANGED = "changed"
    DEPRECATED = "deprecated"
    REAPPEARED = "reappeared"


class ModelChanged(Message, frozen=True, kw_only=True):
    """A model appeared, changed, was deprecated or came back. `revision` is shared with `pricing.changed`.

    `merged_into` is the id under which a model that only a page had named lives on since an API names it.
    """

    provider: str
    model_id: str
    revision: int
    kind: ModelChangeKind
    display_name: str
    usability: Usability
    classification: tuple[str, ...] = ()
    context_window: int | None = None
    changed_fields: tuple[str, ...] = ()
    merged_into: str | None = None


class ProviderOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How one provider ended in a sync, in the counts of the mission's SyncResult.

    `pricing_held` counts the prices that it read and that wait in quarantine; null where that was not counted.
    """

    provider: str
    outcome: str
    models_discovered: int = 0
    models_updated: int = 0
    models_deprecated: int = 0
    pricing_updated: int = 0
    pricing_held: int | None = None
    errors: tuple[SyncError, ...] = ()


class SyncCompleted(Message, frozen=True, kw_only=True):
    """Every provider of a sync has ended. `outcome` of each is joined, partial or failed."""

    success: bool
    providers: tuple[ProviderOutcome, ...]


class AlertRaised(Message, frozen=True, kw_only=True):
    """Something an administrator must see: what happened and what to do. `sync_id` is empty where none is behind it.

    `recovered`: the trouble of this kind, of this provider or consumer (`group` in the details), is over.
    """

    kind: str
    severity: str
    summary: str
    action: str
    provider: str | None = None
    details: dict[str, str] = {}
    recovered: bool = False
