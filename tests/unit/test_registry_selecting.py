"""Which models a request is about: pure rules of the API."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecard_registry.problems import Problem
from ratecard_registry.selecting import resolve
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


def test_components_have_names_of_their_own_in_camel_case() -> None:
    names = {camel(name) for name in UNITS}
    assert len(names) == len(UNITS)
    assert {"cachedInput", "cacheWrite5m", "audioMinute"} <= names
    assert all(name.isalnum() for name in names)
