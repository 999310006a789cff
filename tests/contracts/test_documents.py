"""The overview tells of every room and topic; a decision is short, has its own number and says what would undo it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ratecard_shared.topics import TOPICS

ROOT = Path(__file__).parents[2]
ROOMS = sorted(
    folder.relative_to(ROOT).as_posix()
    for place in ("services", "shared")
    for folder in (ROOT / place).iterdir()
    if (folder / "pyproject.toml").exists()
)
OVERVIEW = (ROOT / "docs/architecture/overview.md").read_text("utf-8")
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))


@pytest.mark.parametrize("room", [*ROOMS, "cli"])
def test_the_overview_tells_of_every_room(room: str) -> None:
    assert f"| `{room}` |" in OVERVIEW


@pytest.mark.parametrize("topic", [topic.name for topic in TOPICS])
def test_the_overview_tells_of_every_topic(topic: str) -> None:
    assert topic in OVERVIEW


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_is_short_and_says_what_would_change_it(decision: Path) -> None:
    text = decision.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 40
    assert "revisit" in text.lower()


def test_decisions_have_numbers_of_their_own() -> None:
    numbers = [path.name[:4] for path in DECISIONS]
    assert len(set(numbers)) == len(numbers)
