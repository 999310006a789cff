"""`ratecard providers` lists the files and says of a wrong one what is wrong; `--explain` says how a page was read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecard_cli.__main__ import run
from ratecard_cli.provider_check import checked, faults
from ratecard_cli.simulated import anthropic
from ratecard_cli.simulated.catalogue import catalogues
from ratecard_pages.settings_check import pricing_faults
from ratecard_providers.load import SHIPPED, load_providers
from ratecard_providers.pricing import Page, Pricing

Capsys = pytest.CaptureFixture[str]
HEAD = 'id = "acme"\nname = "Acme"\n'
PAGE = '[[pricing.pages]]\nurl = "https://acme.example/pricing"\n'
GOOD = HEAD + "[pricing]\n" + PAGE + 'strategies = ["columns"]\n'


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in ("RATECARD_TRACEBACK", "RATECARD_PROVIDERS", "RATECARD_PROVIDER_ADDRESSES"):
        monkeypatch.delenv(variable, raising=False)


def written(text: str) -> str:
    Path("acme.toml").write_text(text)
    return "acme.toml"


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_file_is_good(path: Path) -> None:
    if path.stem != "pyproject":
        assert checked(path)[0].faults == ()


def test_the_files_are_listed(capsys: Capsys) -> None:
    assert run(["providers", "--json"]) == 0
    listed = {one["id"]: one for one in json.loads(capsys.readouterr().out)["providers"]}
    assert listed.keys() == load_providers().keys()
    assert listed["anthropic"]["keyVariable"] == "ANTHROPIC_API_KEY"
    assert run(["providers"]) == 0
    assert "https://api.anthropic.com/v1/models" in capsys.readouterr().out


def test_all_files_are_checked_with_those_of_the_operator(capsys: Capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(["providers", "check"]) == 0
    assert "openai.toml: good" in capsys.readouterr().out
    Path("extra").mkdir()
    Path("extra/acme.toml").write_text(GOOD.replace("columns", "collumns"))
    monkeypatch.setenv("RATECARD_PROVIDERS", "extra")
    assert run(["providers", "check"]) == 1
    said = capsys.readouterr()
    assert "extra/acme.toml: `pricing.pages[0].strategies`: there is no 'collumns'" in said.out
    assert said.err == "ratecard: 1 of 17 provider files cannot be used as they are\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id = ", "not a readable TOML file"),
        (HEAD + "[pricing]\npage = 1", "it takes currency, pages"),
        (HEAD, "neither where models are listed (`models`) nor where prices stand"),
        ('id = "Ac me"\nname = "x"\n[models]\nurl = "https://a.b"', "`id`: 'Ac me' takes small letters"),
        (HEAD + "[pricing]\npages = []", "`pricing.pages`: no page is named"),
        (GOOD.replace("[pricing]", '[pricing]\ncurrency = "dollars"'), "`pricing.currency`: 'dollars' is no currency"),
        (GOOD + 'currency = "usd"', "`pricing.pages[0].currency`: 'usd' is no currency code"),
        (GOOD.replace("https://acme", "acme"), "is no http(s) address"),
        (GOOD + PAGE + 'strategies = ["kinds"]', "`pricing.pages[1].url`: https://acme.example/pricing is named twice"),
        (GOOD.replace('"columns"', ""), ".strategies`: none is named"),
        (GOOD + 'unit = "a lot"', ".unit`: 'a lot' names no unit"),
        (GOOD + 'unlabelled = ["inptu"]', ".unlabelled`: 'inptu' is no component; they are input, cached_input"),
        (GOOD + 'words = { Prompt = "prompt", Note = "" }', ".words`: 'prompt' is no component"),
        (GOOD.replace("columns", "cards"), "`pricing.pages[0].cards`: the strategy 'cards' needs it"),
        (GOOD + 'cards = { card = "div", name = "h3" }', ".cards`: no strategy of the page uses it"),
        (
            GOOD.replace("columns", "cards") + 'cards = { card = "div[", name = "h3" }',
            ".cards.card`: 'div[' is no CSS selector",
        ),
        (GOOD + 'grid = { row = "<tr>" }', ".grid.row`: '<tr>' is no CSS selector"),
        (GOOD + 'arrays = { columns = [["input", "output"]] }', "['input', 'output'] must have 'model' once"),
        (GOOD.replace("columns", "records"), ".records`: the strategy 'records' needs it"),
        (
            GOOD.replace("columns", "records") + "records = [{ where = [] }]",
            ".records[0].where`: it must name the paths",
        ),
        (
            GOOD.replace("columns", "records") + 'records = [{ where = ["a"], long_rates = { input = "b" } }]',
            ".records[0].threshold`: `long_rates` need the path",
        ),
        (
            GOOD + '[[aliases]]\nid = "a"\nname = "A"\nsource = "everybody knows"',
            "`aliases[0].source`: 'everybody knows' is not the address",
        ),
        (
            GOOD + '[models]\nurl = "https://a.b"\nprices = { rates = { prompt = "p" } }',
            "`models.prices`: 'prompt' is no component",
        ),
    ],
)
def test_a_wrong_file_says_where_and_what_it_takes(text: str, said: str, capsys: Capsys) -> None:
    assert run(["providers", "check", written(text)]) == 1
    shown = capsys.readouterr()
    assert said in shown.out
    assert all(line.startswith("acme.toml: ") for line in shown.out.splitlines())
    assert shown.err.count("\n") == 1


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=10))
def test_any_words_in_a_file_are_good_or_named_faults(strategy: str, selector: str, unit: str) -> None:
    page = Page(url="https://acme.example", strategies=(strategy,), unit=unit, words={unit: selector})
    found = list(pricing_faults(Pricing(pages=(page,), currency=unit)))
    assert found
    assert all(fault.startswith("`pricing.") for fault in found)


@given(st.sampled_from(sorted(load_providers())))
def test_a_shipped_provider_has_no_faults_however_often_it_is_asked(name: str) -> None:
    assert list(faults(load_providers()[name])) == []


def saved() -> str:
    Path("page.md").write_text(anthropic.pricing(catalogues()["anthropic"].at("before")))
    return "page.md"


def test_a_saved_page_is_read_as_the_file_says_without_keeping_anything(capsys: Capsys) -> None:
    assert run(["providers", "check", "anthropic", "--page", saved()]) == 0
    shown = capsys.readouterr()
    assert "anthropic.toml: good" in shown.out
    assert "page.md: " in shown.out
    assert "prices by columns" in shown.out
    assert shown.err == ""
    file = str(SHIPPED / "anthropic.toml")
    assert run(["providers", "check", file, "--page", "page.md", "--json", "--explain"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["dryRun"]["prices"] > 0
    assert "row: Claude Madrigal 2 (standard): columns: " in shown.err


def test_a_page_that_gives_nothing_fails_and_says_why(capsys: Capsys) -> None:
    Path("page.html").write_text("<html><p>Our prices have moved.</p></html>")
    assert run(["providers", "check", written(GOOD), "--page", "page.html"]) == 1
    assert "no price was read" in capsys.readouterr().err


def test_too_few_prices_are_too_few_here_already(capsys: Capsys) -> None:
    few = "| Model | Input | Output |\n|---|---|---|\n| Acme Large | $1 / 1M tokens | $2 / 1M tokens |\n"
    Path("page.md").write_text(few)
    assert run(["providers", "check", written(GOOD), "--page", "page.md"]) == 0
    assert run(["providers", "check", written(GOOD + "[expect]\nfewest_prices = 9"), "--page", "page.md"]) == 1
    assert "only 1 prices were read, `expect.fewest_prices` is 9" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["providers", "check", "no-such-file"],
        ["providers", "check", "anthropic", "--page", "no-such-file"],
        ["providers", "check", "--page", "page.md"],
        ["providers", "list", "openai"],
        ["providers", "forget"],
    ],
)
def test_wrong_use_is_one_line_and_code_2(arguments: list[str], capsys: Capsys) -> None:
    assert run(arguments) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)


def test_scrape_explains_parts_rows_and_all_refusals(capsys: Capsys) -> None:
    rows = "".join(f"| Acme {number} | $1 / 1M tokens | ask us, maybe $2 |\n" for number in range(15))
    Path("page.md").write_text(f"# Models\n\n| Model | Input | Output |\n|---|---|---|\n{rows}")
    assert run(["scrape", "anthropic", "--from", "page.md", "--explain"]) == 0
    said = capsys.readouterr().err
    assert "part: columns: table 'Model | Input | Output' in " in said
    assert said.count("refused: ") >= 15
    assert "more refused" not in said
