"""The mechanisms that the promises of delivery lean on: how each is taken out, and the tests that must see it."""

from __future__ import annotations

from typing import Final

import msgspec

_SHARED: Final = "shared/ratecard_shared"
_REGISTRY: Final = "services/registry-api/ratecard_registry"
_ENRICHER: Final = "services/enricher/ratecard_enricher"
_SCHEDULER: Final = "services/scheduler/ratecard_scheduler"


class Mechanism(msgspec.Struct, frozen=True, kw_only=True):
    """What stands at `path`, and what stands there once it is taken out."""

    name: str
    path: str
    there: str
    instead: str
    tests: tuple[str, ...]

    def taken_out_of(self, source: str) -> str:
        """Return the source without the mechanism. Raises ValueError where it does not stand there once."""
        if (times := source.count(self.there)) != 1:
            raise ValueError(f"what {self.name!r} takes out is {times} times in {self.path}")
        return source.replace(self.there, self.instead)


MECHANISMS: Final = (
    Mechanism(
        name="the row lock of a join",
        path=f"{_ENRICHER}/queries.sql",
        there="""\
INSERT INTO joins AS j (sync_id, provider) VALUES (:sync_id, :provider)
ON CONFLICT (sync_id, provider) DO UPDATE SET sync_id = j.sync_id
RETURNING sync_id, provider, started_at, deadline, generation, closed, trace;
""",
        instead="""\
WITH made AS (INSERT INTO joins (sync_id, provider) VALUES (:sync_id, :provider) ON CONFLICT DO NOTHING RETURNING *)
SELECT sync_id, provider, started_at, deadline, generation, closed, trace FROM (
    SELECT * FROM made UNION ALL SELECT * FROM joins WHERE sync_id = :sync_id AND provider = :provider
) AS found;
""",
        tests=("tests/integration/test_enricher_handlers.py::test_two_sides_that_speak_at_once_are_joined",),
    ),
    Mechanism(
        name="the deadline of a join",
        path=f"{_ENRICHER}/queries.sql",
        there="SELECT sync_id, provider FROM joins WHERE NOT closed AND deadline < :now",
        instead="SELECT sync_id, provider FROM joins WHERE false AND deadline < :now",
        tests=("tests/integration/test_enricher_handlers.py::test_a_side_that_never_speaks_is_closed_at_the_deadline",),
    ),
    Mechanism(
        name="the lock of the scheduler's plans",
        path=f"{_SCHEDULER}/store.py",
        there="""\
        await self._sql.lock_requests(connection, key=_REQUESTS_LOCK)
        return {row""",
        instead="        return {row",
        tests=("tests/integration/test_scheduler_handlers.py::test_two_replicas_start_a_provider_once",),
    ),
    Mechanism(
        name="the same lock where a sync ends",
        path=f"{_SCHEDULER}/store.py",
        there="""\
        await self._sql.lock_requests(connection, key=_REQUESTS_LOCK)
        await self._sql.end_providers(""",
        instead="        await self._sql.end_providers(",
        tests=(
            "tests/integration/test_scheduler_handlers.py::test_a_sync_that_is_joined_while_it_ends_keeps_nobody_waiting",
        ),
    ),
    Mechanism(
        name="a slot is claimed once",
        path=f"{_SCHEDULER}/queries.sql",
        there="SELECT EXISTS (SELECT FROM claimed);",
        instead="SELECT true;",
        tests=(
            "tests/integration/test_scheduler_handlers.py::test_a_slot_is_asked_for_once_and_missed_ones_once_together",
        ),
    ),
    Mechanism(
        name="the lock of a relay",
        path=f"{_SHARED}/outbox.py",
        there=" AND (SELECT is_ours FROM relay) ORDER BY id LIMIT $2 FOR UPDATE\n",
        instead=" ORDER BY id LIMIT $2\n",
        tests=("tests/integration/test_delivery_kafka.py::test_two_relays_publish_the_outbox_in_order_and_once",),
    ),
    Mechanism(
        name="the inbox of one record",
        path=f"{_SHARED}/inbox.py",
        there="    RETURNING duplicates = 0\n",
        instead="    RETURNING true\n",
        tests=(
            "tests/integration/test_scheduler_handlers.py::test_a_redelivered_request_is_the_same_sync",
            "tests/integration/test_enricher_handlers.py::test_any_order_and_repeats_give_one_join",
        ),
    ),
    Mechanism(
        name="the inbox of a batch",
        path=f"{_SHARED}/inbox.py",
        there="RETURNING event_id, xmax = 0 AS is_new",
        instead="RETURNING event_id, true AS is_new",
        tests=("tests/integration/test_registry_delivery.py::test_repeats_are_recorded_and_change_nothing",),
    ),
    Mechanism(
        name="what the inbox has forgotten",
        path=f"{_SHARED}/inbox.py",
        there="    if before is not None and oldest < before:\n",
        instead="    if False:\n",
        tests=("tests/integration/test_inbox.py::test_what_is_old_goes_and_its_repeat_is_refused",),
    ),
    Mechanism(
        name="one transaction for effect, inbox and outbox",
        path=f"{_SHARED}/database.py",
        there="        async with pool.acquire() as connection, connection.transaction():\n",
        instead="        async with pool.acquire() as connection:\n",
        tests=("tests/integration/test_registry_delivery.py::test_a_fault_leaves_nothing_half_done",),
    ),
    Mechanism(
        name="an older sync changes nothing",
        path=f"{_REGISTRY}/changes.py",
        there="    if stored is not None and stored.applied >= applied:\n",
        instead="    if False:\n",
        tests=("tests/integration/test_registry_delivery.py::test_an_older_sync_is_a_recorded_no_op",),
    ),
    Mechanism(
        name="the lock under which revisions are given",
        path=f"{_REGISTRY}/apply.sql",
        there="SELECT pg_advisory_xact_lock(hashtext('registry'), hashtext(provider))\n",
        instead="SELECT provider\n",
        tests=("tests/integration/test_registry_delivery.py::test_two_replicas_give_a_model_s_revisions_in_turn",),
    ),
    Mechanism(
        name="acknowledged after the effect",
        path=f"{_SHARED}/kafka.py",
        there="            await delivery.one(message.raw_message, handle)\n",
        instead="            await message.ack()\n            await delivery.one(message.raw_message, handle)\n",
        tests=(
            "tests/integration/test_delivery_kafka.py::test_a_record_that_was_not_handled_comes_again_after_a_restart",
        ),
    ),
    Mechanism(
        name="an outage is waited for",
        path=f"{_SHARED}/delivery.py",
        there="    return isinstance(error, TRANSIENT)\n",
        instead="    return False\n",
        tests=("tests/unit/test_delivery.py::test_a_dependency_that_is_down_is_waited_for",),
    ),
    Mechanism(
        name="the marks of deaths",
        path=f"{_SHARED}/attempts.py",
        there="        if not begun:\n",
        instead="        if True:\n",
        tests=("tests/unit/test_attempts.py", "tests/integration/test_deadly_records.py"),
    ),
    Mechanism(
        name="an error takes its mark of death back",
        path=f"{_SHARED}/attempts.py",
        there="""\
            await self._commit({tp: (at, f"deaths={deaths}" if deaths else "") for tp, (at, deaths) in begun.items()})
            raise
""",
        instead="            raise\n",
        tests=("tests/unit/test_attempts.py::test_a_record_that_only_fails_is_not_counted_as_deadly",),
    ),
    Mechanism(
        name="a price that is not believed is held",
        path=f"{_REGISTRY}/applying.py",
        there="decision = None if unlisted else changes.enrich(known, event, self._now, screened)",
        instead="decision = None if unlisted else changes.enrich(known, event, self._now, None)",
        tests=(
            "tests/integration/test_quarantine.py::test_a_jump_is_held_back_and_told_and_the_last_good_price_stays",
        ),
    ),
)
