"""Crash points are behind every await of the code that consumes and relays, and no module of it is left out."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import crash_points
import pytest
from crash_points_unvisited import AT_THE_DEADLINE, UNVISITED, UNVISITED_IN, WITHOUT_POINTS

ROOT: Final = Path(__file__).parents[2]
DRIVERS: Final = {"asyncpg", "aiokafka", "redis", "faststream"}
OURS: Final = {f"ratecard_shared.{name}" for name in ("database", "kafka", "inbox", "outbox")}
AWAITS: Final = (ast.Await, ast.AsyncFor, ast.AsyncWith)

TOY: Final = """\
import asyncio

class Store:
    async def keep(self, query, items):
        await query()
        async for item in items():
            pass
        return [item async for item in items()]

async def handle(transaction, query, items):
    async with transaction():
        await Store().keep(query, items)
    await asyncio.gather(query(), query())
    await query()
    await query()
"""
POINTS: Final = [
    "toy.handlers Store.keep: query",
    "toy.handlers Store.keep: items",
    "toy.handlers Store.keep: items (no. 2)",
    "toy.handlers handle: transaction has begun",
    "toy.handlers handle: transaction has ended",
    "toy.handlers handle: asyncio.gather(query(), query())",
    "toy.handlers handle: query",
    "toy.handlers handle: query (no. 2)",
]


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A service of one module."""
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "__init__.py").touch()
    (tmp_path / "toy" / "handlers.py").write_text(TOY)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    monkeypatch.setitem(crash_points.MODULES, "toy", ("toy.handlers",))
    return "toy"


def test_every_await_has_its_point(toy: str) -> None:
    assert sorted(crash_points.points(toy)) == sorted(POINTS)


async def test_a_point_is_passed_once_what_is_awaited_has_happened(toy: str, tmp_path: Path) -> None:
    crash_points.install(toy)
    happened: list[str] = []
    visited = tmp_path / "visited"

    async def query() -> None:
        happened.append(f"before {len(visited.read_text().splitlines()) if visited.exists() else 0}")

    async def items() -> AsyncIterator[int]:
        yield 1

    @asynccontextmanager
    async def transaction() -> AsyncIterator[None]:
        yield

    crash_points.arm(crash_points.Crash(visited, kill=False))
    await importlib.import_module("toy.handlers").handle(transaction, query, items)
    assert visited.read_text().splitlines() == [POINTS[3], *POINTS[:3], *POINTS[4:]]
    assert happened == ["before 1", "before 5", "before 5", "before 6", "before 7"]


def test_only_modules_with_a_reason_have_none() -> None:
    with_points = {module for modules in crash_points.MODULES.values() for module in modules}
    known = (with_points | WITHOUT_POINTS.keys()) - {"faststream.kafka.message"}
    there = {*modules_that_await_a_backend()}
    assert there <= known, "new: into crash_points.MODULES, or with a reason into WITHOUT_POINTS"
    assert there >= known, "gone"
    assert not with_points & WITHOUT_POINTS.keys()


def test_every_point_that_is_not_visited_is_one() -> None:
    points = {room: {*crash_points.points(room)} for room in crash_points.MODULES}
    assert UNVISITED.keys() <= set[str]().union(*points.values())
    assert points["enricher"] >= AT_THE_DEADLINE
    assert all(names.keys() <= points[room] for room, names in UNVISITED_IN.items())


def modules_that_await_a_backend() -> Iterator[str]:
    """Give the modules of services, and of what they share, that import a driver or what is around one, and await."""
    for folder in (*sorted(ROOT.glob("services/*/ratecard_*")), ROOT / "shared" / "ratecard_shared"):
        for path in sorted(folder.rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            if any(map(is_await, ast.walk(tree))) and any(map(is_backend, imported(tree))):
                yield ".".join(path.relative_to(folder.parent).with_suffix("").parts)


def is_await(node: ast.AST) -> bool:
    return isinstance(node, AWAITS) or (isinstance(node, ast.comprehension) and bool(node.is_async))


def is_backend(module: str) -> bool:
    return module.partition(".")[0] in DRIVERS or module in OURS


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (node.module or "", *(f"{node.module}.{name.name}" for name in node.names))
