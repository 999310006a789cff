"""What of a dead letter is printed, and which letters a text names."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecard_cli.dead_letters import Box, Letter
from ratecard_cli.dlq import chosen, dlq, ranges
from ratecard_cli.faults import CommandError, UsageError
from ratecard_cli.letter_text import shown_value, without_secrets

SECRET = "hunter2-hunter2-hunter2"
names = st.sampled_from(["api_key", "apiKey", "token", "accessToken", "password", "client_secret", "Authorization"])
secrets = names.map(lambda name: {name: SECRET})
values = st.recursive(
    st.text(max_size=5) | st.integers() | st.none() | secrets,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(values)
def test_what_is_named_a_secret_is_not_shown(value: object) -> None:
    assert SECRET not in shown_value(msgspec.json.encode(value))


@given(st.binary(max_size=4000) | st.none())
def test_any_value_can_be_shown_in_bounds(value: bytes | None) -> None:
    assert len(shown_value(value)) < 2_100


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://ratecard:{SECRET}@db/ratecard refused",
        f"Authorization: Bearer {SECRET}",
        f"https://api.example/models?key={SECRET}&page=2",
        f"sk-{SECRET}",
        f'{{"api_key": "{SECRET}", ',
    ],
)
def test_what_looks_like_a_secret_is_not_shown(text: str) -> None:
    assert SECRET not in without_secrets(text)
    assert SECRET not in shown_value(text.encode())


def test_what_is_no_secret_is_shown() -> None:
    value = b'{"event_id":"e1","provider":"openai","model":"gpt-4o","tokens":128000,"row":"$2.50 / 1M tokens"}'
    assert shown_value(value) == value.decode()


@given(st.sets(st.integers(0, 99), min_size=1))
def test_numbers_and_ranges_name_letters(numbers: set[int]) -> None:
    said = ",".join(map(str, numbers))
    assert {number for one in ranges(said) for number in one} == numbers
    assert {*ranges(f"{min(numbers)}-{max(numbers)}")[0]} == {*range(min(numbers), max(numbers) + 1)}


@pytest.mark.parametrize("text", ["", "x", "1-", "-1", "1,", "1-2-3"])
def test_what_names_no_letters_is_said(text: str) -> None:
    with pytest.raises(UsageError, match="does not name letters"):
        ranges(text)


@pytest.mark.parametrize(("group", "said"), [(None, r"^say which group: scheduler, .*"), ("acme", "no group 'acme'")])
def test_a_group_that_is_missing_or_unknown_is_asked_for_by_the_names_there_are(group: str | None, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        dlq("show", group)


def box(*, letters: int, replayed: set[int]) -> Box:
    return Box(group="scheduler", letters=tuple(map(letter, range(letters))), replayed=frozenset(replayed))


def letter(number: int) -> Letter:
    return Letter(number=number, topic="t", partition=0, offset="0", error="", at="", key=None, value=None, headers=())


def test_what_was_replayed_is_taken_only_when_asked_for() -> None:
    made = box(letters=4, replayed={1, 2})
    assert [one.number for one in chosen(made, None, again=False)] == [0, 3]
    assert [one.number for one in chosen(made, "1-3", again=False)] == [3]
    assert [one.number for one in chosen(made, "1-3", again=True)] == [1, 2, 3]
    with pytest.raises(CommandError, match="--again"):
        chosen(made, "1", again=False)
    with pytest.raises(UsageError, match="no letter 9"):
        chosen(made, "9", again=False)
