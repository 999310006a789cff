"""Fuzz what reads other people's bytes, with atheris: `python tests/fuzz/parsers.py SECONDS` (or `make fuzz`).

No input may raise, take longer than ten seconds or more than a GiB. An input that does is kept in artifacts/.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import atheris

sys.path.insert(0, str(Path(__file__).parents[1]))  # the made-up pages lie beside the tests that use them

with atheris.instrument_imports(include=["ratecard_pages", "ratecard_match", "ratecard_discovery"]):
    import pricing_pages

    from ratecard_discovery.parse import BadListError, parse_list
    from ratecard_match import match, match_all
    from ratecard_pages import read_page
    from ratecard_providers.load import load_providers

ARTIFACTS: Final = Path(__file__).parents[2] / "artifacts"
NOW: Final = datetime(2026, 3, 1, tzinfo=UTC)
PROVIDERS: Final = [provider for provider in load_providers().values() if provider.pricing or provider.models]
LIMITS: Final = ("-timeout=10", "-rss_limit_mb=1024", "-max_len=16384")
NAMES: Final = ("GPT-5 mini", "gpt-5-mini-2026-03-01", "Claude Opus 4.1", "meta.llama3-1-8b-instruct-v1:0", "o3")
SHAPES: Final = [strategy for _, strategy in pricing_pages.SHAPES.values()]


class WrongError(Exception):
    """What was read breaks a rule that holds for every input."""


def pages(data: bytes) -> None:
    """Read a page in the shape that its first byte chooses, or as one of the providers' files says."""
    choice, body = (data[0], data[1:]) if data else (0, b"")
    readers = [*(pricing_pages.provider(strategy) for strategy in SHAPES), *(one for one in PROVIDERS if one.pricing)]
    reading = read_page(body, url=pricing_pages.URL, provider=readers[choice % len(readers)], fetched_at=NOW)
    if not (reading.prices or reading.refused):
        raise WrongError("neither a price nor a refusal")
    if failed := [one.reason for one in reading.refused if "failed on the page" in one.reason]:
        raise WrongError(failed[0])
    for row in reading.prices:
        if not row.evidence or any(not amount.is_finite() or amount < 0 for amount in row.rates.values()):
            raise WrongError(f"no such price can be: {row}")


def names(data: bytes) -> None:
    """Match names with names."""
    texts = data.decode("utf-8", errors="replace").split("\n")
    match(texts[0], (*texts[1:], *NAMES))
    match_all(NAMES, texts, provider=texts[-1])


def lists(data: bytes) -> None:
    """Parse a model list as one of the providers' files says."""
    choice, body = (data[0], data[1:]) if data else (0, b"")
    listing = [one.models for one in PROVIDERS if one.models]
    try:
        parse_list(body, listing[choice % len(listing)], url="https://example.invalid", fetched_at=NOW)
    except BadListError:
        return


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {made.__name__: made for made in (pages, names, lists)}


def seeds(target: str) -> list[bytes]:
    """Return inputs that have the right form, for the fuzzer to change."""
    if target == "names":
        return ["\n".join(NAMES).encode()]
    if target == "lists":
        return [
            bytes([number]) + b'{"data":[{"id":"a","context_length":1,"pricing":{"prompt":"0.1"}}]}'
            for number in range(9)
        ]
    models = [pricing_pages.Priced(name="Nimbus 3", input=Decimal(2), cached_input=Decimal("0.5"), output=Decimal(8))]
    return [bytes([number]) + write(models).encode() for number, (write, _) in enumerate(pricing_pages.SHAPES.values())]


def run(target: str, seconds: str) -> None:
    """Fuzz one target in this process, which ends with it."""
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds(target)):
            (Path(corpus) / str(number)).write_bytes(seed)
        ARTIFACTS.mkdir(exist_ok=True)
        where = f"-artifact_prefix={ARTIFACTS}/fuzz-{target}-"
        atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", where, *LIMITS, corpus], TARGETS[target])
        atheris.Fuzz()


def main(arguments: list[str]) -> int:
    """Fuzz the target that is named, or all of them, each in a process of its own."""
    seconds, *targets = arguments
    if len(targets) == 1:
        run(targets[0], seconds)
        return 0
    command: list[Any] = [sys.executable, __file__, seconds]
    failed = [target for target in TARGETS if subprocess.run([*command, target], check=False).returncode]
    return len(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["60"]))
