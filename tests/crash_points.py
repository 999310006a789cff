"""Crash points: behind every await in the code that consumes and relays, a place where a process can be killed.

They are found in the source, so that none can be left out: as a module is loaded, each await in it that is not of a
function with points of its own gets one, named `module function: what is awaited`. What is awaited has happened by
then: to be killed before it is to be killed behind the one before. Production code knows nothing of this.
"""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.util
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from functools import cache
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any, Final

_KAFKA: Final = (
    "faststream.kafka.message",  # it acknowledges
    "ratecard_shared.attempts",
    "ratecard_shared.delivery",
    "ratecard_shared.kafka",
)
_STORES: Final = (*_KAFKA, "ratecard_shared.inbox", "ratecard_shared.outbox")
MODULES: Final = {
    "scheduler": (
        *_STORES,
        *("ratecard_scheduler.alert_desk", "ratecard_scheduler.handlers", "ratecard_scheduler.store"),
    ),
    "discovery": (*_KAFKA, "ratecard_discovery.app"),
    "scraper": (*_KAFKA, "ratecard_scraper.app"),
    "enricher": (*_STORES, "ratecard_enricher.handlers", "ratecard_enricher.store"),
    "registry": (
        *_STORES,
        *("ratecard_registry.applying", "ratecard_registry.handlers", "ratecard_registry.own.store"),
        *("ratecard_registry.quarantine", "ratecard_registry.store", "ratecard_registry.sync_store"),
        *("ratecard_registry.telling", "ratecard_registry.versions"),
    ),
}
"""By service, the modules whose awaits are crash points."""

_OTHERS: Final = re.compile(r"(sql|connection|pool|producer|broker|consumer)(\(\))?$")
"""What stores and brokers are called: their functions may have the names of ours."""


def points(room: str) -> list[str]:
    """Return the names of all crash points of a service, in the order of its modules."""
    return [name for module in MODULES[room] for name in _Marked(module, _with_points(room)).names]


def install(room: str) -> None:
    """Give the service's modules their points as they are imported from now on."""
    for module in MODULES[room]:
        if module in sys.modules:
            raise ImportError(f"{module} was imported before it could get its crash points")
    sys.meta_path.insert(0, _Finder(room))


class Crash:
    """What happens at a point: the process is killed, once at each, and the name is written down before."""

    def __init__(self, visited: Path, *, kill: bool = True, spare: Callable[[], bool] = lambda: False) -> None:
        """Take the file of visited points. While `spare` says so nothing happens; without `kill` all are visited."""
        self._visited = visited
        self._known = {*visited.read_text(encoding="utf-8").splitlines()} if visited.exists() else set()
        self._kill = kill
        self._spare = spare

    def passed(self, name: str) -> None:
        """Kill the process unless one was killed here before."""
        if name in self._known or self._spare():
            return
        self._known.add(name)
        with self._visited.open("a", encoding="utf-8") as file:
            file.write(f"{name}\n")
        if self._kill:
            os.kill(os.getpid(), signal.SIGKILL)


passed: Callable[[str], None] = lambda _name: None  # noqa: E731  # until `arm`


def arm(crash: Crash) -> None:
    """Let the points of this process do what `crash` says."""
    globals()["passed"] = crash.passed


async def _awaited(name: str, awaitable: Any) -> Any:
    result = await awaitable
    passed(name)
    return result


async def _each(name: str, items: Any) -> AsyncIterator[Any]:
    async for item in items:
        yield item
    passed(name)


@asynccontextmanager
async def _within(name: str, context: Any) -> AsyncIterator[Any]:
    async with context as value:
        passed(f"{name} has begun")
        yield value
    passed(f"{name} has ended")


_HELPERS: Final = {"_crash_awaited": _awaited, "_crash_each": _each, "_crash_within": _within}


class _Marked(ast.NodeTransformer):
    """A module's source with its points."""

    def __init__(self, module: str, with_points: Collection[str]) -> None:
        self.names: list[str] = []
        self._module = module
        self._with_points = with_points
        self._function: list[str] = []
        self._times: Counter[str] = Counter()
        tree = _tree(module)
        self._here = {node.name for node in tree.body if isinstance(node, ast.AsyncFunctionDef)}
        self.tree = self.visit(tree)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._inside(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._inside(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._inside(node)

    def visit_Await(self, node: ast.Await) -> ast.AST:
        self.generic_visit(node)
        node.value = self._marked("_crash_awaited", node.value)
        return node

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AST:
        self.generic_visit(node)
        node.iter = self._marked("_crash_each", node.iter)
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        self.generic_visit(node)
        if node.is_async:
            node.iter = self._marked("_crash_each", node.iter)
        return node

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        for item in node.items:
            item.context_expr = self._marked("_crash_within", item.context_expr, "has begun", "has ended")
        self.generic_visit(node)
        return node

    def _inside(self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        self._function.append(node.name)
        self.generic_visit(node)
        self._function.pop()
        return node

    def _marked(self, helper: str, awaited: ast.expr, *when: str) -> ast.expr:
        if self._has_points(awaited):
            return awaited
        name = f"{self._module} {'.'.join(self._function)}: {_what(awaited)}"
        self._times[name] += 1
        name += f" (no. {self._times[name]})" if self._times[name] > 1 else ""
        self.names += [f"{name} {one}" for one in when] or [name]
        call = ast.Call(func=ast.Name(id=helper, ctx=ast.Load()), args=[ast.Constant(value=name), awaited], keywords=[])
        return ast.copy_location(call, awaited)

    def _has_points(self, awaited: ast.expr) -> bool:
        """Tell whether it is a call of a function of ours, whose own awaits have points."""
        if not isinstance(awaited, ast.Call):
            return False
        if isinstance(awaited.func, ast.Attribute):
            return awaited.func.attr in self._with_points and not _OTHERS.search(ast.unparse(awaited.func.value))
        return isinstance(awaited.func, ast.Name) and awaited.func.id in self._here


def _what(awaited: ast.expr) -> str:
    """Return what is awaited, in few words: a call without its arguments, unless it waits for one of them."""
    called = ast.unparse(awaited.func) if isinstance(awaited, ast.Call) else ""
    return ast.unparse(awaited) if called.startswith("asyncio.") or not called else called


@cache
def _with_points(room: str) -> frozenset[str]:
    """Return the functions of our modules whose awaits have points."""
    trees = (_tree(module) for module in MODULES[room])
    return frozenset(node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef))


def _tree(module: str) -> ast.Module:
    return ast.parse(_path(module).read_text(encoding="utf-8"))


def _path(module: str) -> Path:
    """Return where the source of a module is, without importing it."""
    package, _, name = module.rpartition(".")
    folder, *inner = package.split(".")
    spec = importlib.machinery.PathFinder.find_spec(folder)
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(f"there is no package {folder}")
    return Path(spec.submodule_search_locations[0], *inner, f"{name}.py")


class _Finder(MetaPathFinder):
    def __init__(self, room: str) -> None:
        self._room = room

    def find_spec(self, fullname: str, path: Any, _target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if fullname not in MODULES[self._room]:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is None or spec.origin is None:
            return None
        spec.loader = _Loader(fullname, spec.origin, self._room)
        return spec


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, module: str, path: str, room: str) -> None:
        super().__init__(module, path)
        self._room = room

    def get_code(self, fullname: str) -> Any:
        tree = ast.fix_missing_locations(_Marked(fullname, _with_points(self._room)).tree)
        return compile(tree, self.get_filename(fullname), "exec")

    def exec_module(self, module: Any) -> None:
        vars(module).update(_HELPERS)
        super().exec_module(module)
