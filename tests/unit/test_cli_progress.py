"""A sync is shown on a terminal in lines and one bar below them, which leaves nothing behind."""

from __future__ import annotations

import sys

import pytest
from terminal_screen import on_a_terminal, screen

WATCH = """
from ratecard_cli.answers import ProviderSync, Sync
from ratecard_cli.progress import showing
from ratecard_cli.terminal import say

names = [f"provider-{number}" for number in range(COUNT)]
with showing() as board:
    for ended in range(COUNT + 1):
        found = [
            ProviderSync(
                provider=name,
                state="",
                outcome="joined" if place < ended else None,
                stages={"discovery": "done", "pricing": "running"},
            )
            for place, name in enumerate(names)
        ]
        board.update(Sync(sync_id="s", state="running", providers=tuple(found)))
        board._bar.refresh()
say("The end.")
"""


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("count", [4, 16])
def test_each_provider_has_its_line_and_the_bar_goes(columns: int, count: int) -> None:
    shown = screen(on_a_terminal([sys.executable, "-c", WATCH.replace("COUNT", str(count))], columns), columns)
    said = "done: 0 models, 0 updated, 0 deprecated, 0 prices changed"
    assert shown == [*(f"  {f'provider-{number}':<12} {said}" for number in range(count)), "The end."]


def test_the_bar_says_what_each_provider_waits_for() -> None:
    written = on_a_terminal([sys.executable, "-c", WATCH.replace("COUNT", "1")], 80)
    assert "provider-0 (pricing)" in written
