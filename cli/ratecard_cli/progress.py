"""A sync while it runs: a bar on a terminal, and without one a line for each provider that has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Column

from ratecard_cli.answers import ProviderSync, Sync, SyncResult
from ratecard_cli.api import Api
from ratecard_cli.faults import CommandError
from ratecard_cli.terminal import harmless, on_terminal, say
from ratecard_shared.events import SyncError

_LOOK_SECONDS: Final = 0.2
_BAR_WIDTH: Final = 20
_NAMES: Final = 3
_LOOKS_UNTIL_PICKED_UP: Final = 300
_ENDED: Final = ("completed", "expired", "refused")
_OUTCOMES: Final = {"joined": "done", "partial": "done in part", "failed": "failed"}


class Board:
    """Says each provider's outcome once. `bar` also shows how many are still to come."""

    def __init__(self, bar: Progress | None, *, quiet: bool) -> None:
        """Show on `bar`, else in lines; `quiet` shows nothing."""
        self._bar = bar
        self._quiet = quiet
        self._task = bar.add_task("waiting", total=None) if bar else None
        self._said: set[str] = set()

    def update(self, sync: Sync) -> None:
        """Show where the sync is now."""
        ended = [provider for provider in sync.providers if provider.outcome]
        for provider in ended:
            if provider.provider not in self._said:
                self._said.add(provider.provider)
                self._say(provider)
        if self._bar is not None and self._task is not None and sync.providers:
            waiting = [_doing(provider) for provider in sync.providers if not provider.outcome]
            more = f" and {len(waiting) - _NAMES} more" if len(waiting) > _NAMES else ""
            names = harmless(", ".join(waiting[:_NAMES]) + more)
            self._bar.update(self._task, total=len(sync.providers), completed=len(ended), description=names or "done")

    def _say(self, provider: ProviderSync) -> None:
        if self._quiet:
            return
        for line in _lines(provider):
            say(line, on=self._bar.console if self._bar else None)


def _doing(provider: ProviderSync) -> str:
    running = ", ".join(name for name, progress in provider.stages.items() if progress == "running")
    return f"{provider.provider} ({running})" if running else provider.provider


def _lines(provider: ProviderSync) -> Iterator[str]:
    outcome = _OUTCOMES.get(provider.outcome or "", provider.outcome)
    yield (
        f"  {provider.provider:<12} {outcome}: {provider.models_discovered} models, {provider.models_updated} updated, "
        f"{provider.models_deprecated} deprecated, {provider.pricing_updated} prices changed{_held(provider)}"
    )
    for stage, error in _told_once(provider.errors):
        yield f"  {provider.provider:<12} {stage}: {error}"


def _told_once(errors: Iterable[SyncError]) -> Iterator[tuple[str, str]]:
    """Return the errors without those that a longer one tells, too."""
    told = dict.fromkeys((error.stage, error.error) for error in errors)
    for stage, error in told:
        if not any(error in other and error != other for _, other in told):
            yield stage, error


@contextmanager
def showing(*, quiet: bool = False) -> Iterator[Board]:
    """Give a board that is shown while the block lasts."""
    if quiet or not on_terminal():
        yield Board(None, quiet=quiet)
        return
    with _bar(Console(highlight=False)) as bar:
        yield Board(bar, quiet=False)


def _bar(there: Console) -> Progress:
    # It is drawn over again where it stood, so it is one line and its console, which folds lines, prints all else.
    waiting = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis"))
    return Progress(
        SpinnerColumn(), BarColumn(_BAR_WIDTH), MofNCompleteColumn(), waiting, console=there, transient=True
    )


async def follow(connection: Api, sync_id: str, board: Board) -> Any:
    """Return the sync as the API gives it when it has ended. Raises CommandError if nobody picks it up."""
    looks = 0
    while True:
        found = await connection.get(f"/api/admin/sync/{sync_id}")
        sync = msgspec.convert(found, Sync)
        board.update(sync)
        if sync.state in _ENDED:
            return found
        looks += 1
        if sync.state == "requested" and looks > _LOOKS_UNTIL_PICKED_UP:
            raise CommandError(f"nobody has picked up the sync {sync_id}: is the scheduler running?")
        await asyncio.sleep(_LOOK_SECONDS)


def summary(sync: Sync) -> str:
    """Return how a sync went, in one line."""
    result = sync.result
    if result is None:
        return f"The sync was not run: {sync.error or sync.state}."
    return (
        f"{result.models_discovered} models, {result.models_updated} updated, {result.models_deprecated} deprecated, "
        f"{result.pricing_updated} prices changed{_held(result)}."
    )


def _held(of: ProviderSync | SyncResult) -> str:
    return f", {of.pricing_held} held in quarantine" if of.pricing_held else ""
