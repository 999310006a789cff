"""Who is let in: headers, keys, scopes and times in; a caller or a refusal that says what to do out."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ratecard_registry.access import ADMINISTRATOR, ANONYMOUS, Access, Caller
from ratecard_registry.keys import PREFIX, Key, KeyTable, Scope, digest_of, granted, new_key, shown
from ratecard_registry.problems import Problem

NOW = datetime(2031, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
HEADERS = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=60)


def access(table: KeyTable | None = None, *, admin_key: str = "right", anonymous_read: bool = False) -> Access:
    return Access(admin_key=admin_key, anonymous_read=anonymous_read, table=table, now=lambda: NOW)


def holding(**keys: Key) -> KeyTable:
    table = KeyTable()
    table.replace({digest_of(text.encode()): key for text, key in keys.items()})
    return table


def key(name: str = "billing", *scopes: Scope, **fields: Any) -> Key:
    return Key(id="7", name=name, scopes=granted(scopes or (Scope.READ,)), **fields)


def refused(asked: Access, authorization: str | None, api_key: str | None = None) -> Problem:
    with pytest.raises(Problem) as caught:
        asked.identify(authorization, api_key)
    return caught.value


@pytest.mark.parametrize(
    "headers",
    [
        ("Bearer right", None),
        ("bearer  right", ""),
        (None, "right"),
        ("Basic bWU6", "right"),
        ("Bearer right", "right"),
    ],
)
def test_the_environments_key_is_an_administrator(headers: tuple[str | None, str | None]) -> None:
    assert access().identify(*headers) == ADMINISTRATOR


@pytest.mark.parametrize("anonymous_read", [True, False])
@pytest.mark.parametrize("name", ["rc_wrong", "rc_"])
def test_a_key_of_ours_that_is_nobodys_is_refused(name: str, anonymous_read: bool) -> None:  # noqa: FBT001  # a case
    problem = refused(access(holding(), anonymous_read=anonymous_read), f"Bearer {name}")
    assert problem.status_code == 401
    assert problem.headers
    assert problem.headers["WWW-Authenticate"] == 'Bearer realm="ratecard", error="invalid_token"'


def test_without_a_key_reading_is_the_operators_choice() -> None:
    assert access(anonymous_read=True).identify(None, None) == ANONYMOUS
    problem = refused(access(), None)
    assert problem.status_code == 401
    assert "Authorization: Bearer KEY" in problem.detail
    assert problem.headers == {"WWW-Authenticate": 'Bearer realm="ratecard"'}


@given(HEADERS, HEADERS)
def test_what_is_not_a_key_never_gets_further_than_no_key(authorization: str, api_key: str) -> None:
    assume("right" not in authorization and api_key.strip() != "right")
    assert refused(access(holding()), authorization, api_key).status_code == 401
    with suppress(Problem):
        assert access(holding(), anonymous_read=True).identify(authorization, api_key) == ANONYMOUS


@given(st.text(min_size=1))
def test_no_other_text_than_the_key_opens(text: str) -> None:
    for said in (f"Bearer {text}", text):
        if said.strip().partition(" ")[2].strip() != "right":
            assert refused(access(holding()), said).status_code == 401


def test_two_different_keys_are_refused_whatever_they_are() -> None:
    for asked in (access(), access(anonymous_read=True)):
        problem = refused(asked, "Bearer right", "left")
        assert problem.status_code == 401
        assert "different keys" in problem.detail


@given(st.sets(st.sampled_from(list(Scope)), min_size=1), st.booleans(), st.none() | st.integers(-3, 3))
def test_a_key_is_good_until_it_ends(scopes: set[Scope], revoked: bool, days: int | None) -> None:  # noqa: FBT001
    text = new_key()
    expires = None if days is None else NOW + days * DAY
    made = key("billing", *scopes, revoked_at=NOW - DAY if revoked else None, expires_at=expires)
    asked = access(holding(**{text: made}))
    if not revoked and (expires is None or expires > NOW):
        assert asked.identify(f"Bearer {text}", None) == Caller(name="billing", key_id="7", scopes=granted(scopes))
        assert asked.identify(None, text).key_id == "7"
    else:
        problem = refused(asked, f"Bearer {text}")
        assert problem.status_code == 401
        assert ("was revoked" if revoked else "expired") in problem.detail
        assert text not in problem.detail


def test_admin_includes_read() -> None:
    assert granted({Scope.ADMIN}) == {Scope.READ, Scope.ADMIN}
    assert granted({Scope.READ}) == {Scope.READ}


def test_before_the_first_look_a_key_is_not_called_wrong() -> None:
    problem = refused(access(KeyTable()), f"Bearer {new_key()}")
    assert problem.status_code == 503
    assert access(KeyTable()).identify("Bearer right", None) == ADMINISTRATOR


def test_an_empty_admin_key_is_nobodys() -> None:
    for given_key in ("", " ", "Bearer", "Bearer "):
        assert refused(access(admin_key=""), given_key, given_key.removeprefix("Bearer")).status_code == 401


def test_use_is_noted_once_and_only_of_keys_that_were_let_in() -> None:
    good, ended = new_key(), new_key()
    table = holding(**{good: key(), ended: Key(id="8", name="old", scopes=granted([Scope.READ]), revoked_at=NOW)})
    asked = access(table)
    for _ in range(3):
        asked.identify(f"Bearer {good}", None)
    refused(asked, f"Bearer {ended}")
    assert table.take_used() == {"7"}
    assert table.take_used() == set()


def test_keys_are_long_recognisable_and_never_the_same() -> None:
    made = {new_key() for _ in range(100)}
    assert len(made) == 100
    for text in made:
        assert text.startswith(PREFIX)
        assert len(text) == len(PREFIX) + 43
        assert text.startswith(shown(text))
        assert len(shown(text)) == 11
