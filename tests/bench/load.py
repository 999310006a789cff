"""Sends requests as fast as they are answered, with wrk, from a processor that the server does not have."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

CONNECTIONS: Final = 16
SECONDS: Final = 1
ROUNDS: Final = 7
_TELLS: Final = """
done = function(summary, latency, requests)
    local failed = summary.errors.connect + summary.errors.read + summary.errors.write
        + summary.errors.timeout + summary.errors.status
    io.write(string.format('\\n{"rate": %f, "p99": %f, "failed": %d}\\n',
        summary.requests / summary.duration * 1e6, latency:percentile(99.0) / 1000, failed))
end
"""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent again and again."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = {}
    body: str = ""

    def script(self) -> str:
        """Return it in wrk's language."""
        lines = [f'wrk.method = "{self.method}"', f"wrk.body = [[{self.body}]]" if self.body else ""]
        lines += [
            f"wrk.headers[{msgspec.json.encode(name).decode()}] = [[{value}]]" for name, value in self.headers.items()
        ]
        return "\n".join(lines) + _TELLS


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """What one round of requests saw: requests in a second, and milliseconds."""

    rate: float
    p99: float
    failed: int


def interleaved(ours: Request, floor: Request) -> tuple[Round, Round]:
    """Return the medians of several rounds of both, taken in turns."""
    if shutil.which("wrk") is None:
        sys.exit("The API is measured with wrk, which is not here: apt-get install wrk")
    found = [(_send(ours), _send(floor)) for _ in range(ROUNDS)]
    return _median([one for one, _ in found]), _median([other for _, other in found])


def send_rounds(request: Request) -> Round:
    """Return the median of several rounds."""
    return _median([_send(request) for _ in range(ROUNDS)])


def _send(request: Request) -> Round:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(request.script())
        script.flush()
        command = [*on_processor(-1), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", script.name, request.url]
        told = subprocess.run(command, capture_output=True, text=True, check=True)
    answer = msgspec.json.decode(told.stdout.splitlines()[-1], type=Round)
    if answer.failed:
        sys.exit(f"{answer.failed} requests to {request.url} failed: {told.stdout}")
    return answer


def _median(rounds: Sequence[Round]) -> Round:
    return Round(
        rate=statistics.median(one.rate for one in rounds), p99=statistics.median(one.p99 for one in rounds), failed=0
    )


def on_processor(which: int) -> list[str]:
    """Return the beginning of a command that stays on the first (0) or the last (-1) processor there is."""
    return ["taskset", "--cpu-list", str(sorted(os.sched_getaffinity(0))[which])]


def peak_memory(pid: int) -> float:
    """Return the most memory that a process has had, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1000
