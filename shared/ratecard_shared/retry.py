"""Asking again: at most 3 times, 1 s, 2 s and 4 s later, or later still if the server says so, never past the deadline.

A server that asks for more patience than there is gets it: nothing is sent again before its time.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

import msgspec
import tenacity

from ratecard_shared.http import Answer, RequestError

WAITS: Final = (1.0, 2.0, 4.0)
LONGEST_WAIT: Final = 60.0

_REQUEST_TIMEOUT: Final = 408
_TOO_MANY: Final = 429
_SERVER_FAULTS: Final = 500
_SECONDS: Final = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s?")

Now = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[None]]


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long to go on asking: until `deadline`, never waiting longer than `longest_wait` seconds at once."""

    deadline: datetime
    now: Now
    sleep: Sleep
    longest_wait: float = LONGEST_WAIT

    @property
    def seconds_left(self) -> float:
        """How long there is until the deadline, never negative."""
        return max(0.0, (self.deadline - self.now()).total_seconds())


def is_transient(answer: Answer) -> bool:
    """Tell whether the same request may be answered otherwise later: busy, rate limited, broken (529 is overloaded)."""
    return answer.status in (_REQUEST_TIMEOUT, _TOO_MANY) or answer.status >= _SERVER_FAULTS


async def persistently(
    ask: Callable[[], Awaitable[Answer]], patience: Patience, *, transient: Callable[[Answer], bool] = is_transient
) -> Answer:
    """Return the first answer that is not transient, or the last one. Raises RequestError if there is none."""
    retrying: tenacity.AsyncRetrying = tenacity.AsyncRetrying(
        sleep=patience.sleep,
        stop=lambda state: state.attempt_number > len(WAITS) or _too_late(state.upcoming_sleep, patience),
        wait=lambda state: _wait(state, patience.now),
        retry=tenacity.retry_any(
            tenacity.retry_if_exception(lambda error: isinstance(error, RequestError) and error.again),
            tenacity.retry_if_result(transient),
        ),
        retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
    )

    async def attempt() -> Answer:  # tenacity awaits what is declared async, and no lambda is
        return await ask()

    return await retrying(attempt)


def _too_late(wait: float, patience: Patience) -> bool:
    return wait > patience.longest_wait or wait >= patience.seconds_left


def _wait(state: tenacity.RetryCallState, now: Now) -> float:
    usual = WAITS[min(state.attempt_number, len(WAITS)) - 1]
    if state.outcome is None or state.outcome.failed:
        return usual
    return max(usual, said_delay(state.outcome.result(), now()) or 0.0)


def said_delay(answer: Answer, now: datetime) -> float | None:
    """Return the seconds that the server asks to wait, in `Retry-After` or, as Google does, in the error's details."""
    header = answer.headers.get("retry-after", "").strip()
    if seconds := _SECONDS.fullmatch(header):
        return float(seconds[1])
    if header:
        return _until(header, now)
    return _delay_in_body(answer.body) if answer.status == _TOO_MANY or answer.status >= _SERVER_FAULTS else None


def _until(moment: str, now: datetime) -> float | None:
    try:
        at = parsedate_to_datetime(moment)
    except (ValueError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - now) / timedelta(seconds=1))


def _delay_in_body(body: bytes) -> float | None:
    try:
        details: Any = msgspec.json.decode(body)["error"]["details"]
        delays = [detail["retryDelay"] for detail in details if "retryDelay" in detail]
        found = _SECONDS.fullmatch(delays[0])
    except (msgspec.MsgspecError, LookupError, TypeError, UnicodeDecodeError, RecursionError):
        return None
    return float(found[1]) if found else None
