"""Ratecard's prices laid over a LiteLLM map that the operator has stored: one map, with as many rows as LiteLLM wants.

A row of Ratecard's replaces every price of the stored row, because prices of two sources in one row would be nobody's;
what the stored row says besides prices stays. Rows that Ratecard does not price are the stored map's own statements.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

_PRICES: Final = ("cost", "tiered_pricing", "uplift_multiplier", "provider_specific_entry")


def overlay(stored: bytes, ours: bytes) -> bytes:
    """Return `ours`, an export, over `stored`. Raises msgspec.DecodeError where the stored map is no JSON object."""
    below = msgspec.json.decode(stored, type=dict[str, Any])
    above = msgspec.json.decode(ours, type=dict[str, dict[str, msgspec.Raw]])
    # A value that is no object stops LiteLLM from being imported.
    rows: dict[str, Mapping[str, Any]] = {key: row for key, row in below.items() if isinstance(row, dict)}
    rows |= {key: _without_prices(rows.get(key, {})) | row for key, row in above.items()}
    return msgspec.json.encode(rows)


def _without_prices(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if not any(word in key for word in _PRICES)}
