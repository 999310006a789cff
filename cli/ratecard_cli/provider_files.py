"""The provider files as the services see them: with `RATECARD_PROVIDERS`, at `RATECARD_PROVIDER_ADDRESSES`."""

from __future__ import annotations

import os
from collections.abc import Mapping

from ratecard_cli.faults import UsageError
from ratecard_providers.load import described_providers
from ratecard_providers.spec import Provider
from ratecard_shared.settings import ServiceSettings, load


def described(environ: Mapping[str, str] = os.environ) -> dict[str, Provider]:
    """Return the providers by id."""
    return described_providers(load(ServiceSettings, environ))


def named(name: str) -> Provider:
    """Return the provider `name`. Raises UsageError with the names there are."""
    known = described()
    if name not in known:
        raise UsageError(f"there is no provider file for {name!r}; there are {', '.join(known)}")
    return known[name]
