"""Where administrators change scraping configurations: every one is a version, and one of them or none is in force.

What comes into force is valid and has read the newest kept page of its provider, unless the administrator insists. A
change names the revision that it was made from, so that nobody overwrites what he has not seen.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg
import msgspec

from ratecard_providers.pricing import Pricing
from ratecard_providers.spec import Provider
from ratecard_registry import audit
from ratecard_registry.access import Caller
from ratecard_registry.problems import Problem
from ratecard_registry.scraping_candidate import CandidateError, as_config, candidate
from ratecard_registry.scraping_pages import QUERIES, GivenPage, Trials
from ratecard_registry.scraping_trial import TrialView
from ratecard_registry.scraping_views import (
    ConfigList,
    ConfigView,
    VersionList,
    VersionView,
    config_view,
    line,
)
from ratecard_shared.database import queries, transaction

_LARGEST: Final = 2**31 - 1


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """How an administrator wants it: who, from which revision (None for any), why, and whether to insist."""

    by: Caller
    seen: int | None = None
    note: str = ""
    force: bool = False


class ScrapingDesk:
    """Reads and changes the configurations of the providers that have a file."""

    def __init__(
        self,
        *,
        pool: Callable[[], asyncpg.Pool],
        providers: Mapping[str, Provider],
        trials: Trials,
        allow_private: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Wire it."""
        self._pool = pool
        self._providers = providers
        self._trials = trials
        self._allow_private = allow_private
        self._now = now
        self._sql = queries(QUERIES)

    async def listed(self) -> ConfigList:
        """Return where each provider's configuration comes from."""
        rows = {row["provider"]: row async for row in self._sql.configs(self._pool())}
        lines = tuple(line(provider, rows.get(name)) for name, provider in self._providers.items())
        return ConfigList(data=lines, total=len(lines))

    async def shown(self, name: str) -> ConfigView:
        """Return what is in force. Raises Problem."""
        provider = self._named(name)
        return config_view(provider, await self._sql.config(self._pool(), provider=name))

    async def versions(self, name: str) -> VersionList:
        """Return all that was ever stored, the newest first. Raises Problem."""
        self._named(name)
        current = await self._sql.config(self._pool(), provider=name)
        active = current["version"] if current and current["active"] else None
        rows = [dict(row) async for row in self._sql.versions(self._pool(), provider=name)]
        found = tuple(VersionView(active=row["version"] == active, **row) for row in rows)
        return VersionList(data=found, total=len(found))

    async def dry_run(self, name: str, raw: Any, given: GivenPage) -> TrialView:
        """Say what a configuration would read; without one (None), the one in force. Raises Problem."""
        provider = self._named(name)
        raw = (await self.shown(name)).config if raw is None else raw
        if raw is None:
            raise Problem(400, f"{name} has no configuration yet: give one as `config`.")
        pricing = self._valid(raw)
        return await self._trials.on_given(provider, pricing, given)

    async def put(self, name: str, raw: Any, change: Change) -> ConfigView:
        """Store a configuration as a new version and bring it into force. Raises Problem."""
        provider = self._named(name)
        pricing = self._valid(raw)
        trial = await self._passed(provider, pricing, force=change.force)
        config, now = as_config(pricing), self._now()
        async with self._changing(name, change) as (connection, _):
            version = await self._sql.add_version(
                connection, provider=name, config=config, note=change.note, created_by=change.by.name, created_at=now
            )
            await self._use(connection, name, version, config, change)
            said = {"version": version, "note": change.note, "forced": change.force, "passes": trial.passes}
            await audit.record(connection, change.by, action="scraping-config.put", target=name, details=said)
            row = await self._sql.config(connection, provider=name)
        return config_view(provider, row, trial=trial)

    async def activate(self, name: str, version: int, change: Change) -> ConfigView:
        """Bring a stored version into force. Raises Problem."""
        provider = self._named(name)
        stored = await self._sql.version(self._pool(), provider=name, version=version) if version <= _LARGEST else None
        if stored is None:
            raise Problem(
                404, f"{name} has no version {version}. GET /api/admin/scraping-config/{name}/versions lists."
            )
        pricing = self._valid(stored["config"])
        trial = await self._passed(provider, pricing, force=change.force)
        async with self._changing(name, change) as (connection, _):
            await self._use(connection, name, version, stored["config"], change)
            said = {"version": version, "forced": change.force, "passes": trial.passes}
            await audit.record(connection, change.by, action="scraping-config.activate", target=name, details=said)
            row = await self._sql.config(connection, provider=name)
        return config_view(provider, row, trial=trial)

    async def deactivate(self, name: str, change: Change) -> ConfigView:
        """Go back to the provider file; the versions stay. Raises Problem."""
        provider = self._named(name)
        async with self._changing(name, change) as (connection, current):
            if current is None or not current["active"]:
                raise Problem(409, f"No stored configuration of {name} is active: its file is in force already.")
            await self._sql.deactivate(connection, provider=name, changed_by=change.by.name, changed_at=self._now())
            said = {"version": current["version"]}
            await audit.record(connection, change.by, action="scraping-config.deactivate", target=name, details=said)
            row = await self._sql.config(connection, provider=name)
        return config_view(provider, row)

    def _named(self, name: str) -> Provider:
        if name not in self._providers:
            raise Problem(404, f"There is no provider {name!r}. Known are {', '.join(self._providers)}.")
        return self._providers[name]

    def _valid(self, raw: Any) -> Pricing:
        try:
            return candidate(raw, allow_private=self._allow_private)
        except CandidateError as error:
            more = {"writeInstead": error.write_instead} if error.write_instead else {}
            problem = Problem(422, f"The configuration cannot be taken: {error}.", errors=list(error.faults), **more)
            raise problem from error

    async def _passed(self, provider: Provider, pricing: Pricing, *, force: bool) -> TrialView:
        trial = await self._trials.on_kept(provider, pricing)
        if not trial.passes and not force:
            why = "; ".join(trial.errors)
            raise Problem(
                422, f"It does not read the newest page well: {why}. `?force=true` takes it nevertheless.", trial=trial
            )
        return trial

    @asynccontextmanager
    async def _changing(
        self, name: str, change: Change
    ) -> AsyncIterator[tuple[asyncpg.Connection, asyncpg.Record | None]]:
        """Give the provider's row, locked, if it is the one that the caller has seen. Raises Problem."""
        async with transaction(self._pool()) as connection:
            await self._sql.lock_config(connection, provider=name)
            await self._sql.keep_found(connection, provider=name)
            current = await self._sql.config(connection, provider=name)
            revision = current["revision"] if current else 0
            if change.seen not in (None, revision):
                raise Problem(
                    412,
                    f"The configuration of {name} has changed since revision {change.seen}: it is at {revision}. "
                    "Read it again, and send that revision as `If-Match`.",
                    revision=revision,
                )
            yield connection, current

    async def _use(
        self, connection: asyncpg.Connection, name: str, version: int, config: dict[str, Any], change: Change
    ) -> None:
        await self._sql.use_version(
            connection, provider=name, version=version, config=config, changed_by=change.by.name, changed_at=self._now()
        )
