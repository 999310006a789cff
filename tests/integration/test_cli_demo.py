"""`ratecard demo` as somebody runs it: it shows what changes, answers, and leaves no process behind."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from process_life import is_alive, until

from ratecard_cli.simulated import openai
from ratecard_cli.simulated.catalogue import catalogues
from ratecard_providers.load import SHIPPED

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

_SECONDS_TO_SHOW_ALL = 150
_SECONDS_TO_STOP = 40
_LAST_WORDS = "All is up; Ctrl-C stops everything."

Ratecard = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def ratecard(tmp_path: Path) -> Ratecard:
    """Run the command in the demo's folder to its end."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*_COMMAND, *arguments],
            cwd=tmp_path,
            env=somebodys_environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


def somebodys_environment() -> dict[str, str]:
    """Return the environment without the backends of the test run: the demo has its own."""
    ours = ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "REDIS_URL")
    return {name: value for name, value in os.environ.items() if name not in ours}


_PROCESSES = ["ps", "-A", "-o", "pid=,ppid="]
_COMMAND = [sys.executable, "-m", "ratecard_cli"]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Start a demo without a terminal; its output goes to a file."""
    output = tmp_path / "output.txt"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [*_COMMAND, "demo"], cwd=tmp_path, env=somebodys_environment(), stdout=file, stderr=subprocess.STDOUT
        )
    try:
        yield process, output
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(_SECONDS_TO_STOP)


def descendants(pid: int) -> set[int]:
    """Return the processes below `pid`, at any depth."""
    listed = subprocess.run(_PROCESSES, capture_output=True, text=True, check=True).stdout
    parents = [(int(child), int(parent)) for child, parent in (line.split() for line in listed.splitlines())]
    found = {pid}
    for _ in parents:
        more = {child for child, parent in parents if parent in found} - found
        if not more:
            break
        found |= more
    return found - {pid}


def until_shown(demo: tuple[subprocess.Popen[bytes], Path]) -> str:
    process, output = demo
    deadline = time.monotonic() + _SECONDS_TO_SHOW_ALL
    while _LAST_WORDS not in output.read_text():
        assert process.poll() is None, output.read_text()
        assert time.monotonic() < deadline, output.read_text()
        time.sleep(0.2)
    return output.read_text()


def test_it_shows_the_changes_answers_and_leaves_nothing_behind(
    demo: tuple[subprocess.Popen[bytes], Path], ratecard: Ratecard, tmp_path: Path
) -> None:
    shown = until_shown(demo)
    first, _, second = shown.partition("Second sync:")
    assert re.search(r"^openai +gpt-vesper-2 +- +2\.2 +13\.6 +standard >272k, batch$", first, re.MULTILINE)
    assert re.search(r"^openai +vesper-scribe-1 .* TBD +TBD$", first, re.MULTILINE)
    for said in (
        r"pricing\.changed  openai/gpt-vesper-2  changed  standard: input 2\.2 -> 1\.9, .*, output 13\.6 -> 11\.8$",
        r"pricing\.changed  anthropic/claude-rondo-2  changed  standard: input 2\.6 -> 2\.2, .*$",
        r"pricing\.changed  google/gemini-lark-3-flash-preview  first_seen  standard: input 0\.42, .*$",
        r"model\.changed    google/gemini-lark-3-flash-preview  appeared$",
        r"model\.changed    openai/gpt-vesper-1  deprecated",
    ):
        assert re.search(f"^{said}", second, re.MULTILINE), said
    assert "\x1b" not in shown

    it_answers_other_commands(ratecard)
    the_readmes_commands_work(ratecard, tmp_path)
    it_tells_what_changed(ratecard, tmp_path)
    assert (tmp_path / ".ratecard" / "running.json").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / ".ratecard" / "demo" / "admin-key").stat().st_mode & 0o777 == 0o600

    process, output = demo
    below = descendants(process.pid)
    assert len(below) >= 8
    process.send_signal(signal.SIGINT)
    assert process.wait(_SECONDS_TO_STOP) == 0, output.read_text()
    until(lambda: not any(map(is_alive, below)))
    assert not (tmp_path / ".ratecard" / "running.json").exists()


def the_readmes_commands_work(ratecard: Ratecard, folder: Path) -> None:
    (folder / "page.html").write_text(openai.pricing(catalogues()["openai"]), encoding="utf-8")
    (folder / "acme.toml").write_bytes((SHIPPED / "openai.toml").read_bytes())
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    told = re.findall(r"^\.venv/bin/ratecard (.+)$", readme, re.MULTILINE)
    assert len(told) >= 4
    for line in told:
        done = ratecard(*shlex.split(line))
        assert done.returncode == 0, (line, done.stdout, done.stderr)


def heed_interrupts() -> None:
    """Let Ctrl-C end the child also where this run was itself started in the background, which ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def it_tells_what_changed(ratecard: Ratecard, folder: Path) -> None:
    listed = ratecard("changes", "--model", "openai/gpt-vesper-2", "--kind", "changed").stdout
    assert re.search(
        r"^\S+ \S+  pricing\.changed  openai/gpt-vesper-2  changed  standard: input 2\.2 -> 1\.9, ",
        listed,
        re.MULTILINE,
    )
    history = ratecard("price", "gpt-vesper-2", "--history").stdout
    assert re.search(r"standard +2\.2 +13\.6 .*\n.* -  +standard +1\.9 +11\.8 ", history), history
    output = folder / "followed.txt"
    with output.open("wb") as file:
        following = subprocess.Popen(
            [*_COMMAND, "changes", "--follow", "--since", "2000-01-01"],
            cwd=folder,
            env=somebodys_environment(),
            stdout=file,
            preexec_fn=heed_interrupts,  # noqa: PLW1509  # there are no threads here
        )
    until(lambda: "gemini-lark-3-flash-preview  appeared" in output.read_text(), within_seconds=30)
    added = ratecard("own-price", "add", "xai/grok-marlin-2", "--rate", "input=1.5", "--evidence", "contract")
    assert added.returncode == 0, added.stderr
    until(
        lambda: "xai/grok-marlin-2  changed  standard (own): input 1.7 -> 1.5" in output.read_text(), within_seconds=30
    )
    following.send_signal(signal.SIGINT)
    assert following.wait(20) == 0


def it_answers_other_commands(ratecard: Ratecard) -> None:
    listed = ratecard("models", "--provider", "openai")
    assert listed.returncode == 0, listed.stderr
    assert "gpt-vesper-2-mini" in listed.stdout
    assert "gpt-vesper-1" not in listed.stdout.split()
    assert "gpt-vesper-1" in ratecard("models", "--all").stdout.split()
    price = ratecard("price", "gpt-vesper-2")
    assert re.search(
        r"^standard +any +any +USD +1\.9 +11\.8 +cacheWrite 2\.375, cachedInput 0\.19 ", price.stdout, re.MULTILINE
    ), price
    missing = ratecard("price", "no-such-model")
    assert (missing.returncode, missing.stderr.count("\n")) == (4, 1)
    synced = ratecard("sync", "--providers", "xai,google")
    assert synced.returncode == 0, synced.stderr
    assert "xai" in synced.stdout
    assert re.fullmatch(
        r"PostgreSQL: database \w+ at 127\.0\.0\.1:\d+\nThe database is up to date\.\n", ratecard("migrate").stdout
    )
    assert "All topics are there." in ratecard("topics").stdout
    # One that names no provider is of the simulated ones: the real ones are not asked.
    everything = ratecard("sync")
    assert everything.returncode == 0, everything.stderr
    # They are told as they end, in whatever order.
    done = re.findall(r"^  (\S+) +done", everything.stdout, re.MULTILINE)
    assert sorted(done) == ["anthropic", "google", "openai", "xai"]


def test_a_second_demo_in_the_same_folder_is_turned_down_in_one_line(
    demo: tuple[subprocess.Popen[bytes], Path], ratecard: Ratecard, tmp_path: Path
) -> None:
    lock = tmp_path / ".ratecard" / "demo" / "lock"
    until(lambda: lock.exists() and bool(lock.read_text()), within_seconds=20)
    time.sleep(0.5)
    second = ratecard("demo")
    assert second.returncode == 1
    assert "is using" in second.stderr
    demo[0].send_signal(signal.SIGTERM)
    assert demo[0].wait(_SECONDS_TO_STOP) == 0
