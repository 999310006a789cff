"""Hard pairs of real ids and names as pages print them, many of them near misses: one wrong match is one too many.

`tests/hard_pairs.json` has pages with the ids asked of each, and what a person who knows the models answers; null where
the page does not price the model. Without aliases some ids cannot be found, because only a page says what they are.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from ratecard_match import match

LEAST_RECALL: Final = 0.9


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page's names, and the right answer for each id."""

    provider: str
    candidates: tuple[str, ...]
    answers: dict[str, str | None]


PAGES: Final = msgspec.json.decode((Path(__file__).parents[1] / "hard_pairs.json").read_bytes(), type=list[Asked])


def test_no_hard_pair_is_matched_wrongly_and_few_are_missed() -> None:
    wrong, missed, true = [], [], 0
    for page in PAGES:
        for model_id, right in page.answers.items():
            answer = match(model_id, page.candidates, provider=page.provider).answer
            true += right is not None
            if answer is not None and answer != right:
                wrong.append((page.provider, model_id, answer, right))
            elif answer != right:
                missed.append((page.provider, model_id, right))
    assert wrong == []
    assert 1 - len(missed) / true >= LEAST_RECALL, missed


def test_a_context_window_on_the_page_is_no_part_of_the_name_where_no_model_differs_by_it() -> None:
    assert match("nimbus-3-70b", ["Nimbus 3 70B 128k"]).method == "window"
    assert match("nimbus-3-70b", ["Nimbus 3 70B 128k", "Nimbus 3 70B 256k"]).answer is None
    assert match("nimbus-3-70b", ["Nimbus 3 70B 32k"]).answer is None
    assert match("moonshot-v1", ["Moonshot v1 128k"]).answer is None
