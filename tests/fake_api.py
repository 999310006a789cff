"""A REST API that answers what a test tells it to, for commands that ask one."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Ratecard = Callable[..., tuple[int, str, str]]
"""The command: arguments in, and out come its exit code, what it wrote, and what it wrote beside that."""


class FakeApi:
    """`answers` maps `GET /path` to a (status, JSON) or to several, given one after the other; the last one stays."""

    def __init__(self) -> None:
        self.answers: dict[str, list[tuple[int, Any]]] = {}
        self.asked: list[str] = []
        self.queries: list[dict[str, str]] = []
        self.keys: list[str | None] = []
        self.bodies: list[Any] = []
        self.seen: list[str | None] = []
        self.url = ""

    def answer(self, asked: str, *bodies: Any, status: int = 200) -> None:
        self.answers[asked] = [(status, body) for body in bodies]

    def take(self, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[int, Any]:
        parts = urlsplit(handler.path)
        asked = f"{handler.command} {unquote(parts.path)}"
        self.asked.append(asked)
        self.queries.append({name: values[0] for name, values in parse_qs(parts.query).items()})
        self.keys.append(handler.headers.get("Authorization"))
        self.seen.append(handler.headers.get("If-Match"))
        self.bodies.append(json.loads(body) if body else None)
        left = self.answers.get(asked)
        if not left:
            return 404, {"detail": f"There is no {asked}."}
        return left.pop(0) if len(left) > 1 else left[0]


@contextmanager
def answering() -> Iterator[FakeApi]:
    """Give a fake API that listens while the block lasts."""
    api = FakeApi()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer = api.take(self, body)
            raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_POST = do_PUT = do_GET  # noqa: N815 - the base class looks for these names

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    api.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
