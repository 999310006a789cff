"""What a request becomes, and when the schedule says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecard_scheduler.core import plan
from ratecard_scheduler.slots import check, last_slot, next_slot
from ratecard_shared.events import SyncRequested
from ratecard_shared.settings import SettingsError

HOUR = timedelta(hours=1)
NAMES = st.sampled_from(["openai", "anthropic", "google", "xai", "acme", "zeta"])


@given(
    asked=st.lists(NAMES, unique=True),
    known=st.sets(NAMES, min_size=1),
    running=st.dictionaries(NAMES, st.just("other")),
)
def test_property_16_every_configured_provider_is_synced(
    asked: list[str], known: set[str], running: dict[str, str]
) -> None:
    made = plan(
        SyncRequested(providers=tuple(asked)), known=known, running=running, age=timedelta(), expires_after=HOUR
    )
    wanted = set(asked) & known if asked else known
    assert set(made.starting) | set(made.joined) == wanted
    assert not set(made.starting) & set(running)
    assert set(made.joined) <= set(running)
    assert (made.error is not None) == (not set(asked) <= known)
    assert (made.state == "refused") == (not wanted)


def test_an_old_request_starts_nothing() -> None:
    made = plan(SyncRequested(), known={"acme"}, running={}, age=HOUR + timedelta(seconds=1), expires_after=HOUR)
    assert (made.state, made.starting) == ("expired", ())
    assert "ask again" in (made.error or "")


def test_an_unknown_provider_is_named_and_the_known_ones_start() -> None:
    made = plan(
        SyncRequested(providers=("acme", "nope")), known={"acme"}, running={}, age=timedelta(), expires_after=HOUR
    )
    assert made.starting == ("acme",)
    assert made.error == "no provider file for nope; known are acme"


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001  # made aware
def test_slots_enclose_now(now: datetime) -> None:
    last, following = last_slot("*/30 * * * *", "Europe/Berlin", now), next_slot("*/30 * * * *", "Europe/Berlin", now)
    assert last <= now < following
    assert following - last == timedelta(minutes=30)


def test_a_slot_in_the_night_of_the_clock_change_happens_once() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    before = datetime(2026, 3, 28, 12, tzinfo=berlin)
    slots, now = [], before
    for _ in range(3):
        now = next_slot("30 2 * * *", "Europe/Berlin", now)
        slots.append(now.astimezone(berlin).date().isoformat())
    assert slots == ["2026-03-29", "2026-03-30", "2026-03-31"]


def test_an_hour_that_comes_twice_has_its_slot_once() -> None:
    now, slots = datetime(2026, 10, 24, 12, tzinfo=UTC), []
    for _ in range(3):
        now = next_slot("30 2 * * *", "Europe/Berlin", now)
        slots.append(now.astimezone(ZoneInfo("Europe/Berlin")).date().isoformat())
    assert slots == ["2026-10-25", "2026-10-26", "2026-10-27"]


@pytest.mark.parametrize("cron", ["30 2 * * *", "15 1-3 * * *", "0 * * * *", "0 */6 * * *"])
@pytest.mark.parametrize("day", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)])
def test_the_newest_slot_never_goes_back(cron: str, day: datetime) -> None:
    """Or a replica that was away would catch up an old slot, and then the new one: two syncs for one."""
    looks = [day + timedelta(minutes=5 * n) for n in range(-48, 96)]
    newest = [last_slot(cron, "Europe/Berlin", now) for now in looks]
    assert newest == sorted(newest)
    assert all(next_slot(cron, "Europe/Berlin", slot) > now for slot, now in zip(newest, looks, strict=True))


@pytest.mark.parametrize(
    ("cron", "now", "slot"),
    [
        ("0 2 * * *", datetime(2028, 2, 28, 12, tzinfo=UTC), datetime(2028, 2, 29, 2, tzinfo=UTC)),
        ("0 2 * * *", datetime(2027, 2, 28, 12, tzinfo=UTC), datetime(2027, 3, 1, 2, tzinfo=UTC)),
        ("0 2 29 2 *", datetime(2026, 3, 1, tzinfo=UTC), datetime(2028, 2, 29, 2, tzinfo=UTC)),
    ],
    ids=["of a leap year", "of another year", "asked for by itself"],
)
def test_a_leap_day_is_a_day(cron: str, now: datetime, slot: datetime) -> None:
    assert next_slot(cron, "UTC", now) == slot
    assert last_slot(cron, "UTC", slot) == slot


@pytest.mark.parametrize("ahead", [timedelta(seconds=-30), timedelta(days=-400)])
def test_a_request_of_a_clock_that_is_ahead_is_not_old(ahead: timedelta) -> None:
    made = plan(SyncRequested(), known={"acme"}, running={}, age=ahead, expires_after=HOUR)
    assert made.starting == ("acme",)


@pytest.mark.parametrize(
    ("cron", "zone", "named"),
    [
        ("nonsense", "UTC", "SYNC_SCHEDULE_CRON"),
        ("0 0 2 * * *", "UTC", "SYNC_SCHEDULE_CRON"),
        ("0 2 * * *", "Mars/Olympus", "SYNC_TIMEZONE"),
    ],
)
def test_a_wrong_schedule_is_named(cron: str, zone: str, named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        check(cron, zone)
