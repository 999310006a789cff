"""Measure, print a table and write `bench.json`: `make bench`, or `make bench ARGS="pages api"` for some groups.

The exit code is 1 if a bar is missed. What a group that was not asked for has found before stays out of the file.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))  # what tests share lies beside them
sys.path.insert(0, str(Path(__file__).parents[1] / "external"))

from results import HEADINGS, Result, machine, write

OUT: Final = Path(__file__).parents[2] / "bench.json"
_PREFIX: Final = "bench_"


def groups() -> dict[str, Callable[[], Iterator[Result]]]:
    """Return the measurements there are, by name."""
    names = sorted(path.stem for path in Path(__file__).parent.glob(f"{_PREFIX}*.py"))
    return {name.removeprefix(_PREFIX): importlib.import_module(name).measure for name in names}


def main(asked: Sequence[str]) -> int:
    """Return the exit code."""
    known = groups()
    if unknown := sorted(set(asked) - known.keys()):
        print(f"There is no group {', '.join(unknown)}: there are {', '.join(known)}.", file=sys.stderr)
        return 2
    print(machine(), HEADINGS, sep="\n", flush=True)
    found: list[Result] = []
    for name in asked or known:
        for result in known[name]():
            print(result.line(), flush=True)
            found.append(result)
    write(OUT, found)
    return 0 if all(result.holds for result in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
