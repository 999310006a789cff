"""How long requests took, in a table: by kind, how many, how many went wrong, and the percentiles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec

HEADINGS: Final = f"{'reads':28} {'count':>8} {'errors':>7} {'p50 ms':>9} {'p95 ms':>9} {'p99 ms':>9} {'max ms':>9}"


class Latencies(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured of one kind of request, in milliseconds. A percentile is a time that was measured."""

    kind: str
    count: int
    errors: int
    p50: float
    p95: float
    p99: float
    most: float

    def line(self) -> str:
        """Return it as a line of the table."""
        times = " ".join(f"{one:9,.1f}" for one in (self.p50, self.p95, self.p99, self.most))
        return f"{self.kind:28} {self.count:8,} {self.errors:7,} {times}"


def latencies(kind: str, seconds: Sequence[float], *, errors: int) -> Latencies:
    """Sum up how long requests took, those that went wrong among them."""
    ordered = sorted(seconds) or [0.0]
    p50, p95, p99, most = (1000 * ordered[math.ceil(part * len(ordered)) - 1] for part in (0.5, 0.95, 0.99, 1))
    return Latencies(kind=kind, count=len(seconds), errors=errors, p50=p50, p95=p95, p99=p99, most=most)
