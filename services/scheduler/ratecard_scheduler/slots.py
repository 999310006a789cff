"""When the schedule says so: the cron expression's slots in its time zone. Pure; DST is cronsim's to get right."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from ratecard_shared.settings import SettingsError

_FIELDS: Final = 5


def check(cron: str, zone: str) -> None:
    """Raise SettingsError, naming the variable, if the expression or the zone cannot be used."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SettingsError(f"SYNC_TIMEZONE is {zone!r}, but it takes an IANA name such as Europe/Berlin") from error
    refused = SettingsError(f"SYNC_SCHEDULE_CRON is {cron!r}, but it takes five cron fields such as 0 2 * * *")
    if len(cron.split()) != _FIELDS:  # cronsim also takes six, the first of which are seconds
        raise refused
    try:
        CronSim(cron, datetime.now(UTC))
    except CronSimError as error:
        raise refused from error


def last_slot(cron: str, zone: str, now: datetime) -> datetime:
    """Return the newest slot that is not after `now`.

    Backwards, cronsim overlooks the slot of an hour that comes twice, until that hour is over: forwards it does not.
    """
    slot = next(CronSim(cron, _just_after(now, zone), reverse=True)).astimezone(UTC)
    while (following := next_slot(cron, zone, slot)) <= now:
        slot = following
    return slot


def next_slot(cron: str, zone: str, now: datetime) -> datetime:
    """Return the first slot after `now`."""
    return next(CronSim(cron, now.astimezone(ZoneInfo(zone)))).astimezone(UTC)


def _just_after(now: datetime, zone: str) -> datetime:
    local = now.astimezone(ZoneInfo(zone))
    minute = local.replace(second=0, microsecond=0)
    return minute.fromtimestamp(minute.timestamp() + 60, ZoneInfo(zone))
