"""What a bench finds: each result is a ratio to something that has to be done anyway, measured in the same run.

A group of measurements is a module `bench_NAME.py` beside this one whose `measure()` gives results.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

HEADINGS: Final = f"{'what':64} {'ours':>11} {'floor':>11} {'unit':10} {'ratio':>7}  bar"


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of ours beside its floor. `ratio` is the one over the other; `bar` says what it has to be."""

    name: str
    ratio: float
    bar: str
    holds: bool
    floor: float
    ours: float
    unit: str

    def line(self) -> str:
        """Return it as a line of the table."""
        mark = "" if self.holds else "  MISSED"
        figures = f"{self.ours:11,.4g} {self.floor:11,.4g} {self.unit:10} {self.ratio:7.2f}"
        return f"{self.name[:64]:64} {figures}  {self.bar}{mark}"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What `bench.json` holds: where it was measured, and what was found."""

    machine: str
    results: Sequence[Result]


def at_most(bar: float, name: str, *, ours: float, floor: float, unit: str) -> Result:
    """Return a result of which less is better: a time, a size."""
    ratio = ours / floor
    return Result(name=name, ratio=ratio, bar=f"at most {bar:g}", holds=ratio <= bar, floor=floor, ours=ours, unit=unit)


def at_least(bar: float, name: str, *, ours: float, floor: float, unit: str) -> Result:
    """Return a result of which more is better: requests in a second."""
    ratio = ours / floor
    return Result(
        name=name, ratio=ratio, bar=f"at least {bar:g}", holds=ratio >= bar, floor=floor, ours=ours, unit=unit
    )


def told(name: str, *, ours: float, floor: float, unit: str) -> Result:
    """Return a result that has to be nothing."""
    return Result(name=name, ratio=ours / floor, bar="none", holds=True, floor=floor, ours=ours, unit=unit)


def write(path: Path, found: Iterable[Result]) -> None:
    """Write the report."""
    report = Report(machine=machine(), results=tuple(found))
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")


def machine() -> str:
    """Return what this was measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    return f"{_processor()}, {cores} cores, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
