"""Discovery against a server on loopback: the right header, every page, patience, and a key that never gets out."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from known_secrets import secret
from msgspec.structs import replace
from scripted_server import Asked, FakeTime, Reply, ScriptedServer, scripted_server

from ratecard_discovery.handlers import discover
from ratecard_providers.load import load_providers, with_addresses
from ratecard_providers.spec import Expectations, Provider
from ratecard_shared.chunks import CHUNK_BYTES, assemble
from ratecard_shared.events import ModelsDiscovered, SideOutcome, SyncStarted
from ratecard_shared.http import open_client

PROVIDERS = load_providers()
PATHS = {"openai": "/v1/models", "anthropic": "/v1/models", "google": "/v1beta/models", "xai": "/v1/models"}
HEADERS = {
    "openai": ("authorization", "Bearer {}"),
    "anthropic": ("x-api-key", "{}"),
    "google": ("x-goog-api-key", "{}"),
    "xai": ("authorization", "Bearer {}"),
}
MISSION = sorted(PATHS)
KEY = secret("sk-made-up-0123456789abcdef")
GOOD = Reply(body={"data": [{"id": "acme-1"}], "models": [{"name": "models/acme-1"}]})

keys = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)
transient = st.sampled_from(
    [Reply(status=status, body={"error": "busy"}) for status in (408, 429, 500, 502, 503, 504, 529)]
)


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[ScriptedServer]:
    async with scripted_server() as running:
        yield running


def simulated(provider: str, server: ScriptedServer) -> Provider:
    """Return a shipped provider whose every address is the server's."""
    described = PROVIDERS[provider]
    lists = (described.models, *described.models.also) if described.models else ()
    origins = {"/".join(spec.url.split("/")[:3]) for spec in lists}
    return with_addresses(described, dict.fromkeys(origins, server.url))


async def discovered(
    provider: Provider | None,
    time: FakeTime,
    *,
    key: str | None = KEY,
    seconds: float = 300,
    discovery: bool = True,
    timeout: float = 30,  # noqa: ASYNC109 - it is discovery's own
) -> ModelsDiscovered:
    """Return the whole of what discovery says."""
    started = SyncStarted(
        event_id="e1",
        sync_id="s1",
        occurred_at=time.now(),
        provider=provider.id if provider else "nobody",
        deadline=time.deadline(seconds),
        discovery=discovery,
    )
    ids = map(str, itertools.count())
    async with open_client() as client:
        parts = await discover(
            started,
            provider=provider,
            key=key,
            client=client,
            now=time.now,
            new_id=lambda: next(ids),
            sleep=time.sleep,
            timeout=timeout,
        )
    whole = assemble(parts)
    assert whole is not None
    return whole


@settings(deadline=None)
@given(st.sampled_from(MISSION), keys)
async def test_property_30_the_right_header_carries_the_key(server: ScriptedServer, provider: str, key: str) -> None:
    time = server.reset()
    server.answers(PATHS[provider], GOOD)
    await discovered(simulated(provider, server), time, key=key)
    header, form = HEADERS[provider]
    assert server.asked
    for asked in server.asked:
        assert asked.headers[header] == form.format(key)
        assert asked.headers.get("anthropic-version") == ("2023-06-01" if provider == "anthropic" else None)
        assert not asked.query.keys() & {"key", "api_key"}


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(MISSION), st.sampled_from([200, 401, 403, 400, 404, 418]), min_size=2))
async def test_property_02_a_refusing_provider_leaves_the_others_complete(
    server: ScriptedServer, statuses: dict[str, int]
) -> None:
    outcomes = {}
    for provider, status in statuses.items():
        time = server.reset()
        server.answers(PATHS[provider], GOOD if status == 200 else Reply(status=status, body={"error": "no"}))
        outcomes[provider] = await discovered(simulated(provider, server), time)
        assert time.slept == []
    for provider, status in statuses.items():
        expected = SideOutcome.COMPLETE if status == 200 else SideOutcome.FAILED
        assert outcomes[provider].outcome is expected
        assert len(outcomes[provider].models) == (status == 200)


@settings(deadline=None)
@given(st.sampled_from(MISSION), transient | st.just(Reply(hang_up=True)))
async def test_property_03_an_unavailable_provider_is_asked_three_times_more(
    server: ScriptedServer, provider: str, reply: Reply
) -> None:
    time = server.reset()
    server.answers(PATHS[provider], reply)
    said = await discovered(simulated(provider, server), time)
    assert said.outcome is SideOutcome.FAILED
    assert said.models == ()
    assert len(server.asked) == 4
    assert time.slept == [1, 2, 4]


@settings(deadline=None)
@given(st.integers(0, 60), st.sampled_from(["seconds", "date", "body", "fraction"]), st.integers(1, 3))
async def test_property_31_the_delay_that_the_provider_specifies_is_waited(
    server: ScriptedServer, seconds: int, form: str, times: int
) -> None:
    time = server.reset()

    def limited(_: Asked) -> Reply:
        if len(server.asked) > times:
            return GOOD
        moment = time.now() + timedelta(seconds=seconds)
        details = [{"@type": "help"}, {"@type": "retry", "retryDelay": f"{seconds}s"}]
        return {
            "seconds": Reply(status=429, headers={"Retry-After": str(seconds)}),
            "date": Reply(status=503, headers={"Retry-After": moment.strftime("%a, %d %b %Y %H:%M:%S GMT")}),
            "body": Reply(status=429, body={"error": {"code": 429, "details": details}}),
            "fraction": Reply(status=429, headers={"Retry-After": f"{seconds}.0"}),
        }[form]

    server.answers_with(PATHS["google"], limited)
    said = await discovered(simulated("google", server), time)
    assert said.outcome is SideOutcome.COMPLETE
    assert time.slept == [max(seconds, usual) for usual in (1, 2, 4)[:times]]


@settings(deadline=None)
@given(st.floats(0, 200), st.integers(0, 10_000), st.sampled_from(MISSION))
async def test_no_wait_goes_past_the_deadline(server: ScriptedServer, seconds: float, said: int, provider: str) -> None:
    time = server.reset()
    deadline = time.deadline(seconds)
    server.answers(PATHS[provider], Reply(status=429, headers={"Retry-After": str(said)}))
    outcome = await discovered(simulated(provider, server), time, seconds=seconds)
    assert outcome.outcome is SideOutcome.FAILED
    assert time.now() < deadline or not time.slept


ODD_DELAYS = [
    "-5",
    "99999999999999999999",
    "soon",
    "",
    "1e9",
    "NaN",
    "Wed, 99 Foo 2031 25:61:61 GMT",
    "Fri, 01 Jan 1999 00:00:00 GMT",
]


@pytest.mark.parametrize("said", ODD_DELAYS)
async def test_a_delay_that_is_none_or_past_is_the_usual_wait(server: ScriptedServer, said: str) -> None:
    time = server.reset()
    server.answers(PATHS["openai"], Reply(status=429, headers={"Retry-After": said}), GOOD)
    answer = await discovered(simulated("openai", server), time)
    assert (answer.outcome, time.slept) == (SideOutcome.COMPLETE, [1])


@pytest.mark.parametrize("said", ["86400", "999999999", "Fri, 31 Dec 9999 23:59:59 GMT"])
async def test_a_delay_beyond_all_patience_is_not_waited_for(server: ScriptedServer, said: str) -> None:
    time = server.reset()
    server.answers(PATHS["openai"], Reply(status=429, headers={"Retry-After": said}), GOOD)
    answer = await discovered(simulated("openai", server), time)
    assert (answer.outcome, time.slept, len(server.asked)) == (SideOutcome.FAILED, [], 1)


bad_keys = {
    "openai": Reply(
        status=401,
        body={"error": {"message": f"Incorrect API key provided: {KEY}. See the docs", "code": "invalid_api_key"}},
    ),
    "anthropic": Reply(status=401, body={"type": "error", "error": {"type": "authentication_error", "message": KEY}}),
    "google": Reply(
        status=400,
        body={"error": {"code": 400, "message": f"{KEY} is not valid", "details": [{"reason": "API_KEY_INVALID"}]}},
    ),
    "xai": Reply(status=400, body={"code": "invalid-argument", "error": f"Incorrect API key provided: {KEY[:6]}***"}),
}


@pytest.mark.parametrize("provider", MISSION)
async def test_a_bad_key_is_said_once_by_its_variable(server: ScriptedServer, provider: str) -> None:
    time = server.reset()
    server.answers(PATHS[provider], bad_keys[provider])
    said = await discovered(simulated(provider, server), time)
    assert said.outcome is SideOutcome.FAILED
    assert f"{provider.upper()}_API_KEY" in (said.error or "")
    assert len(server.asked) == 1


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])  # the log is cleared each time
@given(
    keys.filter(lambda key: len(key) >= 12),
    st.sampled_from([400, 401, 403, 404, 418, 429, 500]),
    st.tuples(st.sampled_from(["{}", "key {} is bad", "<html>{}</html>", "it ends in {}."]), st.integers(0, 6)),
)
async def test_a_key_never_gets_out(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture, key: str, status: int, echo: tuple[str, int]
) -> None:
    time = server.reset()
    words, cut = echo
    server.answers(PATHS["openai"], Reply(status=status, body={"error": {"message": words.format(key[cut:])}}))
    caplog.clear()
    said = await discovered(simulated("openai", server), time, key=key)
    assert said.error
    assert key[cut:] not in said.error + caplog.text


async def test_a_key_that_no_header_can_carry_is_not_sent(server: ScriptedServer) -> None:
    time = server.reset()
    said = await discovered(simulated("openai", server), time, key="sk-a\r\nX: y")
    assert said.outcome is SideOutcome.FAILED
    assert "OPENAI_API_KEY" in (said.error or "")
    assert server.asked == []


@pytest.mark.parametrize(("provider", "variable"), [("xai", "XAI_API_KEY"), ("google", "GOOGLE_API_KEY")])
async def test_a_missing_key_is_said_at_once(server: ScriptedServer, provider: str, variable: str) -> None:
    time = server.reset()
    said = await discovered(simulated(provider, server), time, key=None)
    assert (said.outcome, said.error) == (SideOutcome.DISABLED, f"no key: set {variable}")
    assert server.asked == []


async def test_what_is_switched_off_or_unknown_is_said_at_once(server: ScriptedServer) -> None:
    time = server.reset()
    off = await discovered(simulated("openai", server), time, discovery=False)
    assert (off.outcome, "ENABLE_MODEL_DISCOVERY" in (off.error or "")) == (SideOutcome.DISABLED, True)
    unknown = await discovered(None, time)
    assert (unknown.outcome, "'nobody'" in (unknown.error or "")) == (SideOutcome.FAILED, True)
    without = await discovered(Provider(id="acme", name="Acme"), time)
    assert without.outcome is SideOutcome.DISABLED
    assert server.asked == []


@given(st.integers(1, 12), st.integers(1, 4))
@settings(deadline=None, max_examples=30)
async def test_every_page_is_read(server: ScriptedServer, pages: int, length: int) -> None:
    ids = [f"acme-{number}" for number in range(pages * length)]

    def anthropic(asked: Asked) -> Reply:
        start = ids.index(asked.query["after_id"]) + 1 if "after_id" in asked.query else 0
        page = ids[start : start + length]
        return Reply(
            body={"data": [{"id": each} for each in page], "has_more": page[-1] != ids[-1], "last_id": page[-1]}
        )

    def google(asked: Asked) -> Reply:
        start = int(asked.query.get("pageToken", "0"))
        more = {"nextPageToken": str(start + length)} if start + length < len(ids) else {}
        return Reply(body={"models": [{"name": f"models/{each}"} for each in ids[start : start + length]], **more})

    for provider, answerer in (("anthropic", anthropic), ("google", google)):
        time = server.reset()
        server.answers_with(PATHS[provider], answerer)
        said = await discovered(simulated(provider, server), time)
        assert [model.id for model in said.models] == ids
        assert len(server.asked) == pages


@pytest.mark.parametrize(
    "page",
    [
        {"data": [{"id": "acme-1"}], "has_more": True, "last_id": "acme-1"},  # the same page for ever
        {"data": [{"id": "acme-1"}], "has_more": True, "last_id": None},  # more, but not where
    ],
)
async def test_pages_that_do_not_end_are_no_list(server: ScriptedServer, page: dict[str, object]) -> None:
    time = server.reset()
    server.answers(PATHS["anthropic"], Reply(body=page))
    said = await discovered(simulated("anthropic", server), time)
    assert (said.outcome, said.models) == (SideOutcome.FAILED, ())
    assert len(server.asked) <= 2


@pytest.mark.parametrize("body", [b"", b"<html>hello</html>", b"[]", b'{"data": {}}', b'{"data": [{"name": "x"}]}'])
async def test_what_is_no_list_is_said_and_not_asked_again(server: ScriptedServer, body: bytes) -> None:
    time = server.reset()
    server.answers(PATHS["openai"], Reply(body=body))
    said = await discovered(simulated("openai", server), time)
    assert said.outcome is SideOutcome.FAILED
    assert "something else than a model list" in (said.error or "")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "expect", [Expectations(fewest_models=2), Expectations(models=("acme-9",))], ids=["too few", "one lacks"]
)
async def test_a_list_too_short_to_be_whole_is_refused(server: ScriptedServer, expect: Expectations) -> None:
    time = server.reset()
    server.answers(PATHS["openai"], GOOD)
    said = await discovered(replace(simulated("openai", server), expect=expect), time)
    assert (said.outcome, said.models) == (SideOutcome.FAILED, ())
    assert "nothing taken" in (said.error or "")


async def test_a_second_list_tells_more_of_the_same_models(server: ScriptedServer) -> None:
    time = server.reset()
    server.answers("/v1/models", Reply(body={"data": [{"id": "grok-x", "owned_by": "xai"}, {"id": "grok-y"}]}))
    told = {
        "id": "grok-x",
        "input_modalities": ["text", "image"],
        "prompt_text_token_price": 70000,
        "completion_text_token_price": 350000,
        "cached_prompt_text_token_price": 0,
        "aliases": ["grok-x-latest"],
    }
    server.answers("/v1/language-models", Reply(body={"models": [told, {"id": "grok-unlisted"}]}))
    said = await discovered(simulated("xai", server), time)
    assert [model.id for model in said.models] == ["grok-x", "grok-y"]
    model = said.models[0]
    assert model.aliases == ("grok-x-latest",)
    assert [capability.type for capability in model.capabilities] == ["text_input", "vision"]
    assert [row.rates for row in model.prices] == [{"input": 7, "output": 35}]
    evidence = model.prices[0].evidence
    assert evidence is not None
    assert "350000" in evidence.text


async def test_a_model_that_no_record_can_hold_is_said(server: ScriptedServer) -> None:
    time = server.reset()
    server.answers(PATHS["openai"], Reply(body={"data": [{"id": "x" * CHUNK_BYTES}]}))
    said = await discovered(simulated("openai", server), time)
    assert (said.outcome, said.models) == (SideOutcome.FAILED, ())
    assert "one of models takes" in (said.error or "")


async def test_a_server_that_does_not_answer_in_time_is_given_up(server: ScriptedServer) -> None:
    time = server.reset()
    server.answers(PATHS["openai"], Reply(after=0.3, body=b"{}"))
    said = await discovered(simulated("openai", server), time, timeout=0.05)
    assert said.outcome is SideOutcome.FAILED
    assert "did not answer within 0.05 s" in (said.error or "")
    assert time.slept == [1, 2, 4]


async def test_an_absent_server_is_given_up(server: ScriptedServer) -> None:
    time = server.reset()
    described = with_addresses(PROVIDERS["openai"], {"https://api.openai.com": "http://127.0.0.1:1"})
    said = await discovered(described, time)
    assert said.outcome is SideOutcome.FAILED
    assert "cannot be reached" in (said.error or "")
    assert time.slept == [1, 2, 4]
