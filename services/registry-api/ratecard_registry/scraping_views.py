"""What administrators see of scraping configurations. `source` says what is in force: stored, file or none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from ratecard_providers.spec import Provider
from ratecard_registry.scraping_candidate import as_config
from ratecard_registry.scraping_trial import TrialView
from ratecard_registry.views import View

Source = Literal["stored", "file", "none"]


class ConfigLine(View, frozen=True, kw_only=True):
    """Where a provider's configuration comes from, and its pages. `version` is the active one's number."""

    provider: str
    source: Source
    version: int | None
    revision: int
    pages: tuple[str, ...]
    changed_by: str | None
    changed_at: datetime | None


class ConfigList(View, frozen=True, kw_only=True):
    """Every provider that has a file."""

    data: tuple[ConfigLine, ...]
    total: int


class ConfigView(View, frozen=True, kw_only=True):
    """The configuration in force. `revision` grows with every change: it is the `ETag`, and `If-Match` takes it.

    `config` has the form of a provider file's `pricing`; `fileConfig` is what the file says. `lastVersion` is the one
    that was stored or activated last, also where it is not active any more.
    """

    provider: str
    source: Source
    version: int | None
    last_version: int | None
    revision: int
    config: dict[str, Any] | None
    file_config: dict[str, Any] | None
    note: str
    changed_by: str | None
    changed_at: datetime | None
    trial: TrialView | None = None


class VersionView(View, frozen=True, kw_only=True):
    """One stored version. It is never changed."""

    version: int
    active: bool
    config: dict[str, Any]
    note: str
    created_by: str
    created_at: datetime


class VersionList(View, frozen=True, kw_only=True):
    """A provider's versions, the newest first."""

    data: tuple[VersionView, ...]
    total: int


def line(provider: Provider, row: Mapping[str, Any] | None) -> ConfigLine:
    """Return a provider's line; `row` is its row of `scraping_config`."""
    shown = config_view(provider, row)
    pages = (shown.config or {}).get("pages", ())
    return ConfigLine(
        provider=shown.provider,
        source=shown.source,
        version=shown.version,
        revision=shown.revision,
        pages=tuple(str(page.get("url")) for page in pages if isinstance(page, dict)),
        changed_by=shown.changed_by,
        changed_at=shown.changed_at,
    )


def config_view(provider: Provider, row: Mapping[str, Any] | None, *, trial: TrialView | None = None) -> ConfigView:
    """Return what is in force for a provider; `row` is its row of `scraping_config`."""
    file_config = as_config(provider.pricing) if provider.pricing else None
    active = row is not None and row["active"]
    return ConfigView(
        provider=provider.id,
        source="stored" if active else "file" if file_config else "none",
        version=row["version"] if row and active else None,
        last_version=row["version"] if row else None,
        revision=row["revision"] if row else 0,
        config=row["config"] if row and active else file_config,
        file_config=file_config,
        note=row["note"] if row and active else "",
        changed_by=(row["changed_by"] or None) if row else None,
        changed_at=row["updated_at"] if row else None,
        trial=trial,
    )
