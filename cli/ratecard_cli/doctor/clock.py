"""Whether our clock agrees with others': prices have times, and a deadline is one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from ratecard_cli.doctor.finding import Finding, problem, well

_MOST: Final = timedelta(seconds=30)


def look_at_clock(whose: str, theirs: datetime, ours: datetime) -> Finding:
    """Compare two clocks; half a minute is what a slow answer explains."""
    apart = (ours - theirs).total_seconds()
    said = f"ours is {abs(apart):.0f} s {'ahead of' if apart > 0 else 'behind'} {whose} clock"
    if abs(apart) > _MOST.total_seconds():
        return problem("clock", said, do="let both machines take their time from the network (NTP)")
    return well("clock", said)
