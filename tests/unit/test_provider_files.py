"""Provider files: all shipped ones load, a wrong one is one error that says where and what, addresses can be moved."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecard_providers.load import ProviderFileError, load_provider, load_providers, read_addresses, with_addresses

ACME = 'id = "acme"\nname = "Acme"\n'


def test_the_providers_of_the_mission_are_shipped() -> None:
    providers = load_providers()
    assert {"openai", "anthropic", "google", "xai"} <= providers.keys()
    for provider_id, provider in providers.items():
        assert provider.id == provider_id
        assert provider.models is None or provider.models.url.startswith("https://")


def test_an_extra_folder_overrides_and_adds(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").write_text(ACME)
    (tmp_path / "ours.toml").write_text('id = "openai"\nname = "Our OpenAI"\n')
    (tmp_path / "notes.txt").write_text("no provider")
    providers = load_providers(tmp_path)
    assert providers["acme"].name == "Acme"
    assert providers["openai"].name == "Our OpenAI"
    assert providers["openai"].models is None
    assert "anthropic" in providers


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = 'x'", ["missing required field `id`"]),
        (ACME + "modles = 3", ["modles", "it takes aliases", "models", "pricing"]),
        (ACME + "[models]\nurl = 3", ["`models.url`", "Expected `str`, got `int`"]),
        (ACME + "[models]\nurl = 'example.org'", ["`models.url`", "https?://"]),
        (ACME + "[models]\nurl = 'https://a.b'\nauth_format = 'Bearer KEY'", ["`models.auth_format`", "key"]),
        (ACME + "[models]\nurl = 'https://a.b'\npageing = 1", ["`models`", "pageing", "it takes also, auth_format"]),
        (
            ACME + "[models]\nurl = 'https://a.b'\n[models.paging]\nfoo = 1",
            ["`models.paging`", "more, parameter, token"],
        ),
        (
            ACME + "[models]\nurl = 'https://a.b'\n[[models.also]]\nurl = 'https://a.b'\nfields = { ids = 'x' }",
            ["`models.also[0].fields`", "ids", "aliases"],
        ),
        ("id = ", ["not a readable TOML file"]),
    ],
)
def test_a_wrong_file_says_where_and_what(tmp_path: Path, text: str, said: list[str]) -> None:
    path = tmp_path / "acme.toml"
    path.write_text(text)
    with pytest.raises(ProviderFileError) as caught:
        load_providers(tmp_path)
    message = str(caught.value)
    assert "acme.toml" in message
    assert "\n" not in message
    for words in said:
        assert words in message


def test_a_file_that_is_no_text_or_not_there_says_so(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ProviderFileError, match="not a readable TOML file"):
        load_provider(tmp_path / "acme.toml")
    with pytest.raises(ProviderFileError, match="not a readable TOML file"):
        load_provider(tmp_path / "absent.toml")
    with pytest.raises(ProviderFileError, match="takes a folder"):
        load_providers(tmp_path / "absent")


def test_two_files_of_one_provider_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(ACME)
    (tmp_path / "b.toml").write_text(ACME)
    with pytest.raises(ProviderFileError, match="another file"):
        load_providers(tmp_path)


@given(st.sampled_from(sorted(load_providers())), st.integers(1, 65535))
def test_only_addresses_differ_when_they_are_moved(provider_id: str, port: int) -> None:
    provider = load_providers()[provider_id]
    there, back = {}, {}
    for number, origin in enumerate(["https://api.openai.com", "https://developers.openai.com", "https://api.x.ai"]):
        there[origin] = f"http://127.0.0.1:{port}/{number}"
        back[f"http://127.0.0.1:{port}/{number}"] = origin
    assert with_addresses(with_addresses(provider, there), back) == provider


def test_every_url_of_a_moved_origin_is_moved() -> None:
    provider = with_addresses(load_providers()["xai"], {"https://api.x.ai/": "http://127.0.0.1:9000/xai/"})
    assert provider.models is not None
    assert provider.models.url == "http://127.0.0.1:9000/xai/v1/models"
    assert {spec.url for spec in provider.models.also} == {
        "http://127.0.0.1:9000/xai/v1/language-models",
        "http://127.0.0.1:9000/xai/v1/image-generation-models",
    }
    same = with_addresses(load_providers()["xai"], {"https://api.x": "http://127.0.0.1"})
    assert same == load_providers()["xai"]


def test_the_table_of_addresses_is_a_json_object() -> None:
    assert read_addresses("") == {}
    assert read_addresses('{"https://a.b": "http://127.0.0.1:1"}') == {"https://a.b": "http://127.0.0.1:1"}
    for text in ("x", "[]", '{"a": 1}'):
        with pytest.raises(ProviderFileError, match="RATECARD_PROVIDER_ADDRESSES takes a JSON object"):
            read_addresses(text)
