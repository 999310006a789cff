"""The registry as a process, told to end while somebody follows its changes."""

from __future__ import annotations

import asyncio
import signal

import aiohttp
import pytest
from stack import free_port, health, process

from ratecard_shared.admin import create_topics
from ratecard_shared.settings import KafkaSettings, load


@pytest.mark.slow
async def test_an_open_stream_does_not_hold_the_end_up(environment: dict[str, str]) -> None:
    await create_topics(load(KafkaSettings, environment))
    port = free_port()
    own = {**environment, "HTTP_PORT": str(port), "LOG_FORMAT": "text"}
    async with process("registry", own) as child, aiohttp.ClientSession() as session:
        await health(port, until="healthy")
        async with session.get(f"http://127.0.0.1:{port}/api/changes/stream") as stream:
            assert (await stream.content.readany()).startswith(b"retry: 2000\nid: 0-0")
            child.send_signal(signal.SIGTERM)
            async with asyncio.timeout(4):
                await stream.content.read()
        said, _ = await asyncio.wait_for(child.communicate(), 20)
    assert b"Traceback" not in said
    assert b"ERROR" not in said
