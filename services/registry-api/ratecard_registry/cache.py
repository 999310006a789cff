"""Redis, where it helps: losing it costs speed only. Every value says of which version it is, and an old one is a miss.

The versions are those of `cache_versions` in PostgreSQL, which every process knows (`versions`). So a reader that was
slow cannot bring back what a sync has changed since. After a failure Redis is left alone for a moment.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final, TypeVar

import msgspec
from opentelemetry.trace import Span, SpanKind, StatusCode
from redis.asyncio import Redis
from redis.exceptions import RedisError

from ratecard_shared.tracing import traced

_SECONDS_OF_PEACE: Final = 2.0
_LOG: Final = logging.getLogger(__name__)
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")

T = TypeVar("T")


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A cached value and its version."""

    version: int
    data: msgspec.Raw


class Cache:
    """The cached values. No method raises for Redis' sake: reading finds nothing, writing returns False."""

    def __init__(self, redis: Redis, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Use this client; `clock` counts seconds."""
        self._redis = redis
        self._clock = clock
        self._left_alone_until = 0.0
        self._down = False

    @property
    def up(self) -> bool:
        """Tell whether the last call to Redis went well."""
        return not self._down

    async def ping(self) -> bool:
        """Ask Redis whether it is there."""
        return await self._try(lambda: self._redis.ping(), default=None) is not None  # noqa: PLW0108  # redis' typing

    async def run(self, script: str, key: str, *arguments: str | int) -> Any:
        """Run a Lua script on one key. Return what it says; None if Redis is not there."""
        return await self._try(lambda: self._redis.eval(script, 1, key, *arguments), default=None)

    async def read(self, keys: list[str], versions: list[int], kind: type[T]) -> list[T | None]:
        """Return the values of these keys; None where there is none of at least the version asked for."""
        found = await self._try(lambda: self._redis.mget(keys), default=None) if keys else []
        if found is None:
            return [None] * len(keys)
        return [_value(body, version, kind) for body, version in zip(found, versions, strict=True)]

    async def write(self, values: Mapping[str, Any], version: int, *, seconds: int) -> bool:
        """Keep values of this version for as long as given."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            for key, value in values.items():
                body = _ENCODER.encode(Kept(version=version, data=msgspec.Raw(_ENCODER.encode(value))))
                pipeline.set(key, body, ex=max(seconds, 1))
            return await self._change("SET", pipeline.execute)

    async def keep(self, key: str, *, seconds: int) -> bool:
        """Keep a value for as long as given from now on. Return whether it is there."""
        with _changing("EXPIRE"):
            return bool(await self._try(lambda: self._redis.expire(key, max(seconds, 1)), default=False))

    async def drop(self, keys: Iterable[str]) -> bool:
        """Forget these keys."""
        names = list(keys)
        return not names or await self._change("UNLINK", lambda: self._redis.unlink(*names))

    async def _change(self, operation: str, call: Callable[[], Awaitable[Any]]) -> bool:
        with _changing(operation) as span:
            changed = await self._try(call, default=None) is not None
            if not changed:
                span.set_status(StatusCode.ERROR, "Redis does not answer")
            return changed

    async def _try(self, call: Callable[[], Awaitable[Any]], *, default: Any) -> Any:
        if self._clock() < self._left_alone_until:
            return default
        try:
            answer = await call()
        except (RedisError, OSError, TimeoutError) as error:
            self._left_alone_until = self._clock() + _SECONDS_OF_PEACE
            if not self._down:
                _LOG.warning("Redis (REDIS_URL) does not answer, so PostgreSQL serves every read: %s", error)
            self._down = True
            return default
        if self._down:
            _LOG.info("Redis answers again")
        self._down = False
        return answer


def _changing(operation: str) -> AbstractContextManager[Span]:
    told = {"db.system.name": "redis", "db.operation.name": operation}
    return traced(operation, told, kind=SpanKind.CLIENT)


def _value(body: bytes | None, version: int, kind: type[T]) -> T | None:
    if body is None:
        return None
    try:
        kept = msgspec.json.decode(body, type=Kept)
        return msgspec.json.decode(kept.data, type=kind) if kept.version >= version else None
    except msgspec.MsgspecError:
        return None
