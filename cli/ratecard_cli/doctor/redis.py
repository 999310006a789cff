"""Whether Redis is there, and forgets the right things when it is full."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.exceptions import RedisError

from ratecard_cli.doctor.finding import Finding, warning, well
from ratecard_shared.settings import RedisSettings, load

_SECONDS: Final = 5
_DO: Final = "start it, or see REDIS_URL and REDIS_TLS_CA; without it answers are only slower"


async def look_at_redis(environ: Mapping[str, str]) -> AsyncIterator[Finding]:
    """Connect as the registry does. Redis is a cache: nothing that it lacks keeps anything from working."""
    settings = load(RedisSettings, environ)
    tls: dict[str, Any] = {"ssl_ca_certs": settings.redis_tls_ca} if settings.redis_tls_ca else {}
    secure = settings.redis_url.startswith("rediss:")
    where = urlsplit(settings.redis_url).hostname or "its socket"
    try:
        async with asyncio.timeout(_SECONDS), Redis.from_url(settings.redis_url, **(tls if secure else {})) as redis:
            about = await redis.info()
    except (RedisError, OSError, TimeoutError, ValueError) as error:
        yield warning("redis", f"Redis at {where} cannot be used: {error or type(error).__name__}", do=_DO)
        return
    version = about.get("valkey_version") or about.get("redis_version")
    yield well("redis", f"Redis at {where} is version {version}, reached {'over TLS' if secure else 'without TLS'}")
    if int(about.get("maxmemory") or 0) and about.get("maxmemory_policy") == "noeviction":
        yield warning("redis", "a full Redis would refuse what is new", do="set maxmemory-policy to allkeys-lru")
