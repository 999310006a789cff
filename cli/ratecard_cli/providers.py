"""`ratecard providers`: which provider files there are, and whether one says what can be followed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from ratecard_cli.explaining import explained
from ratecard_cli.faults import CommandError, UsageError
from ratecard_cli.provider_check import Checked, checked, dry_run_fault
from ratecard_cli.provider_files import described
from ratecard_cli.terminal import Flag, Json, note, say, show_table, write_json
from ratecard_pages import PageReading, read_page
from ratecard_providers.load import SHIPPED
from ratecard_providers.spec import Provider

_COLUMNS: Final = ("provider", "name", "models", "key", "pages", "aliases")


def providers(
    action: Literal["list", "check"] = "list",
    file: str | None = None,
    /,
    *,
    page: Path | None = None,
    url: str | None = None,
    as_json: Json = False,
    explain: Flag = False,
) -> None:
    """List the providers that files describe, or check such files: `ratecard providers check [FILE]`.

    Parameters
    ----------
    action
        `list` them, or `check` a file, or all of them.
    file
        With `check`: a provider file, or the name of a provider that has one. Without it all are checked.
    page
        With `check FILE`: a saved page to read as the file says. Nothing is kept or sent.
    url
        The address that the page was saved from: only that page's strategies are tried.
    as_json
        Print JSON.
    explain
        With `page`: say which strategy read which part and row, and what was refused, on stderr.
    """
    if action == "list":
        if file is not None or page is not None:
            raise UsageError(f"to check a file: `ratecard providers check {file or 'FILE'}`")
        _list(as_json=as_json)
    elif page is None:
        _check([checked(path) for path in _paths(file)], as_json=as_json)
    else:
        _dry_run(file, page, url, as_json=as_json, explain=explain)


def _list(*, as_json: bool) -> None:
    known = described().values()
    if as_json:
        write_json({"providers": [_as_json(provider) for provider in known]})
    else:
        show_table("Providers", _COLUMNS, [_row(provider) for provider in known], whole=("provider",))


def _as_json(provider: Provider) -> dict[str, Any]:
    models, pricing = provider.models, provider.pricing
    return {
        "id": provider.id,
        "name": provider.name,
        "models": None if models is None else models.url,
        "keyVariable": None if models is None else models.key_variable,
        "pages": [] if pricing is None else [page.url for page in pricing.pages],
        "aliases": len(provider.aliases),
    }


def _row(provider: Provider) -> tuple[str, ...]:
    shown = _as_json(provider)
    key = shown["keyVariable"] or ("none needed" if shown["models"] else "-")
    return (provider.id, provider.name, shown["models"] or "-", key, str(len(shown["pages"])), str(shown["aliases"]))


def _paths(file: str | None) -> Sequence[Path]:
    """Return the files that are meant. Raises UsageError."""
    extra = os.environ.get("RATECARD_PROVIDERS", "")
    folders = [SHIPPED, *([Path(extra)] if extra else [])]
    found = {
        path.stem: path for folder in folders for path in sorted(folder.glob("*.toml")) if path.stem != "pyproject"
    }
    if file is None:
        return list(found.values())
    if Path(file).is_file():
        return [Path(file)]
    if file in found:
        return [found[file]]
    raise UsageError(f"{file} is no file, and no provider that has one; there are {', '.join(sorted(found))}")


def _check(results: Sequence[tuple[Checked, Provider | None]], *, as_json: bool) -> None:
    found = [result for result, _ in results]
    if as_json:
        write_json({"files": found})
    for result in () if as_json else found:
        if not result.faults:
            say(f"{result.file}: good")
        for fault in result.faults:
            say(f"{result.file}: {fault}")
    if wrong := [result.file for result in found if result.faults]:
        raise CommandError(f"{len(wrong)} of {len(found)} provider files cannot be used as they are")


def _dry_run(file: str | None, page: Path, url: str | None, *, as_json: bool, explain: bool) -> None:
    if file is None:
        raise UsageError("a page is read as one file says: `ratecard providers check FILE --page PAGE`")
    (path,) = _paths(file)
    result, provider = checked(path)
    if provider is None or result.faults:
        _check([(result, provider)], as_json=as_json)
        return
    reading = read_page(_bytes(page), url=url or str(page), provider=provider, fetched_at=datetime.now(UTC))
    for line in explained(reading) if explain else ():
        note(line)
    fault = dry_run_fault(provider, reading)
    if as_json:
        write_json({"files": [result], "dryRun": _outcome(reading, page)})
    else:
        say(f"{result.file}: good")
        say(f"{page}: {len(reading.prices)} prices by {reading.strategy}, {len(reading.refused)} pieces refused")
    if fault:
        raise CommandError(f"{page}: {fault} (--explain says more)")


def _outcome(reading: PageReading, page: Path) -> dict[str, Any]:
    prices, refused = len(reading.prices), len(reading.refused)
    return {"page": str(page), "strategy": reading.strategy, "prices": prices, "refused": refused}


def _bytes(page: Path) -> bytes:
    try:
        return page.read_bytes()
    except OSError as error:
        raise UsageError(f"{page} cannot be read: {error.strerror}") from error
