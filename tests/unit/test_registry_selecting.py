"""Which models a request is about, and who may ask: pure rules of the API."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecard_registry.access import Access
from ratecard_registry.problems import Problem
from ratecard_registry.selecting import read_cursor, resolve
from ratecard_registry.views import camel
from ratecard_shared.prices import UNITS

ids = st.text("ab/:", min_size=1, max_size=6)
catalogues = st.dictionaries(st.sampled_from(["a", "b", "ab"]), st.lists(ids, unique=True), min_size=1)


@given(catalogues)
def test_every_model_can_be_named(catalogue: dict[str, list[str]]) -> None:
    for provider, names in catalogue.items():
        for name in names:
            assert resolve(name, provider, catalogue) == (provider, name)


@given(catalogues, ids)
def test_an_exact_bare_id_wins(catalogue: dict[str, list[str]], name: str) -> None:
    bare = [(provider, name) for provider, names in catalogue.items() if name in names]
    if len(bare) == 1:
        assert resolve(name, None, catalogue) == bare[0]
    elif bare:
        with pytest.raises(Problem) as refused:
            resolve(name, None, catalogue)
        assert refused.value.status_code == 409
        assert [c["provider"] for c in refused.value.more["candidates"]] == [provider for provider, _ in bare]
    else:
        provider, _, rest = name.partition("/")
        if rest in catalogue.get(provider, []):
            assert resolve(name, None, catalogue) == (provider, rest)
        else:
            with pytest.raises(Problem, match="There is no model"):
                resolve(name, None, catalogue)


@given(st.text())
def test_a_made_up_cursor_is_a_clear_error(text: str) -> None:
    with pytest.raises(Problem, match="`cursor` is not"):
        read_cursor(f"{text}!")


class Asking:
    """A connection that has only headers."""

    def __init__(self, **headers: str) -> None:
        self.headers = headers


def _status(access: Access, **headers: str) -> int | None:
    connection: Any = Asking(**headers)
    handler: Any = None
    try:
        access.to_administer(connection, handler)
    except Problem as problem:
        return problem.status_code
    return None


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"authorization": "Bearer right"}, None),
        ({"authorization": "bearer right"}, None),
        ({"x-api-key": "right"}, None),
        ({"authorization": "Bearer wrong"}, 401),
        ({"authorization": "Basic right"}, 401),
        ({"x-api-key": "wröng"}, 401),
        ({}, 401),
    ],
)
def test_the_admin_key_is_asked_for(headers: dict[str, str], expected: int | None) -> None:
    assert _status(Access(admin_key="right", anonymous_read=True), **headers) == expected


def test_without_a_key_the_admin_routes_are_closed() -> None:
    access = Access(admin_key="", anonymous_read=True)
    assert _status(access) == 403
    assert _status(access, **{"x-api-key": ""}) == 403


def test_components_have_names_of_their_own_in_camel_case() -> None:
    names = {camel(name) for name in UNITS}
    assert len(names) == len(UNITS)
    assert {"cachedInput", "cacheWrite5m", "audioMinute"} <= names
    assert all(name.isalnum() for name in names)
