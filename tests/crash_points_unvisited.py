"""Where no tour kills a process, and why: crash points that it does not visit, and modules that have none.

A module that awaits a store or a broker and is in no list is a fault.
"""

from __future__ import annotations

from typing import Final

_STOP: Final = "only where a service stops in order: what is killed does not"
_HALT: Final = "after twenty dead letters a consumer waits for somebody who restarts it, with nothing begun"
_IN_BATCH: Final = "inside of the transaction of on_enriched_batch, as all the others of it that are visited"
_IN_PAGES: Final = "inside of the transaction of on_pages, as all the others of it that are visited"
_ONE_BY_ONE: Final = "this service takes its records one by one"

AT_THE_DEADLINE: Final = frozenset(
    f"ratecard_enricher.handlers Enricher.sweep: transaction has {what}" for what in ("begun", "ended")
)
"""Of the enricher, where no side has spoken: a tour of its own leads there."""

UNVISITED: Final[dict[str, str]] = {
    "ratecard_shared.kafka Kafka.stop: self.broker.stop": _STOP,
    "ratecard_shared.kafka Kafka.stop: self.producer.stop": _STOP,
    "ratecard_shared.delivery Delivery._pause: asyncio.wait_for(self._stopping.wait(), seconds)": _STOP,
    "ratecard_discovery.app build.life: open_client has ended": _STOP,
    "ratecard_discovery.app build.life: service.running has ended": _STOP,
    "ratecard_scraper.app build.life: open_client has ended": _STOP,
    "ratecard_scraper.app build.life: service.running has ended": _STOP,
    "ratecard_registry.versions Versions.heed: self._pool().acquire has ended": _STOP,
    "ratecard_registry.versions Versions.heed: connection.remove_listener": _STOP,
    "ratecard_shared.delivery Delivery._halt_if_too_many_died: self._on_halt": _HALT,
    "ratecard_shared.delivery Delivery._halt_if_too_many_died: self._stopping.wait": _HALT,
    "ratecard_shared.inbox _refuse_forgotten: connection.fetchval": "for an event of half a day ago, and it only reads",
    "ratecard_shared.inbox mark: connection.execute": _IN_BATCH,
    "ratecard_registry.own.store OwnStore.write: self.sql.supersede": "only an administrator's request leads there",
    "ratecard_registry.own.store OwnStore.write: self.sql.add": "only an administrator's request leads there",
    "ratecard_registry.own.store OwnStore.write: self.sql.move_on": _IN_BATCH,
    "ratecard_registry.own.store OwnStore.write: self.sql.revise": _IN_BATCH,
    "ratecard_registry.own.store OwnStore.leave: self.sql.move": _IN_BATCH,
    "ratecard_registry.quarantine Quarantine._save: self._sql.change_entry": _IN_BATCH,
    "ratecard_registry.quarantine Quarantine._save: self._sql.end_entry": _IN_BATCH,
    "ratecard_registry.quarantine Quarantine.let_go: self._sql.open_entries": _IN_BATCH,
    "ratecard_registry.quarantine Quarantine.tell: self._sql.held": _IN_BATCH,
    "ratecard_registry.quarantine Quarantine.tell: self._sql.alert": _IN_BATCH,
    "ratecard_registry.quarantine Quarantine.mark_disputed: self._sql.mark_disputed": _IN_BATCH,
    "ratecard_registry.store Store.listed: rows": "only models that nobody knew lead there, and it only reads",
    "ratecard_registry.store Store.move_history: self._sql.move_history": _IN_BATCH,
    "ratecard_registry.store Store._write_prices: drop": _IN_BATCH,
    "ratecard_registry.store Store._write_history: self._sql.supersede_imported": _IN_BATCH,
    "ratecard_registry.quarantine Quarantine.keep_refusals: rows": _IN_PAGES,
    "ratecard_registry.quarantine Quarantine.keep_refusals: self._sql.forget_refusals": _IN_PAGES,
    "ratecard_registry.handlers Registry.bring_into_force: self._tell_caches": "when a price's day has come",
}
"""In every service."""

UNVISITED_IN: Final[dict[str, dict[str, str]]] = {
    "scheduler": {
        "ratecard_shared.delivery Delivery.many: handle_all": _ONE_BY_ONE,
        "ratecard_shared.inbox first_times: connection.fetch": _ONE_BY_ONE,
    },
    "enricher": {
        "ratecard_enricher.store Store.add: self._sql.chunks": "only a list in chunks leads there, and it only reads",
        "ratecard_shared.delivery Delivery.many: handle_all": _ONE_BY_ONE,
        "ratecard_shared.inbox first_times: connection.fetch": _ONE_BY_ONE,
    },
}
"""In one service."""


def unvisited(room: str) -> set[str]:
    """Return the points of a service at which no tour kills it."""
    return {*UNVISITED, *UNVISITED_IN.get(room, ())}


_ANSWERS: Final = "answers a request, and whoever asked sees that no answer came"
_READS: Final = "only reads, or measures"
_RUNS: Final = "starts and runs a service"
_PRUNES: Final = "forgets what is old or makes room ahead, each in a statement of its own that is repeated"

WITHOUT_POINTS: Final[dict[str, str]] = {
    **dict.fromkeys(
        (
            "ratecard_registry.api_audit",
            "ratecard_registry.api_syncs",
            "ratecard_registry.archive",
            "ratecard_registry.audit",
            "ratecard_registry.cache",
            "ratecard_registry.catalogue",
            "ratecard_registry.exporting",
            "ratecard_registry.feed",
            "ratecard_registry.following",
            "ratecard_registry.imports.importing",
            "ratecard_registry.key_desk",
            "ratecard_registry.own.desk",
            "ratecard_registry.past",
            "ratecard_registry.provider_views",
            "ratecard_registry.quarantine_desk",
            "ratecard_registry.reading_pool",
            "ratecard_registry.reads",
            "ratecard_registry.scraping_desk",
            "ratecard_registry.scraping_pages",
            "ratecard_registry.sync_view",
        ),
        _ANSWERS,
    ),
    **dict.fromkeys(("ratecard_registry.census", "ratecard_shared.measuring", "ratecard_shared.liveness"), _READS),
    **dict.fromkeys(("ratecard_registry.evidence", "ratecard_registry.retention"), _PRUNES),
    **dict.fromkeys(
        ("ratecard_registry.app", "ratecard_shared.database", "ratecard_shared.patience", "ratecard_shared.service"),
        _RUNS,
    ),
    **dict.fromkeys(("ratecard_shared.admin", "ratecard_shared.roles"), "is for the command that sets things up"),
    "ratecard_registry.key_watch": "looks at keys, and notes when they were used",
}
