"""The command explains itself, and ends with one line and a documented code when something is wrong."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecard_cli import running
from ratecard_cli.__main__ import COMMANDS, run
from ratecard_cli.demo import told
from ratecard_cli.faults import CommandError, NotFoundError, UnreachableError, UsageError
from ratecard_cli.migrate import place
from ratecard_cli.running import Running
from ratecard_cli.simulated import anthropic
from ratecard_cli.simulated.catalogue import catalogues
from ratecard_cli.simulated.server import KEYS, ORIGINS
from ratecard_cli.stack import access
from ratecard_cli.up import missing_keys
from ratecard_providers.load import described_providers, load_providers
from ratecard_registry.settings import RegistrySettings
from ratecard_shared.settings import ServiceSettings, load
from ratecard_shared.topics import TOPICS

Capsys = pytest.CaptureFixture[str]
ASK_THE_API = [
    ["sync"],
    ["status"],
    ["models"],
    ["price", "m"],
    ["changes"],
    ["changes", "--follow"],
    ["compare", "m", "n"],
    ["cost", "m", "--input", "1"],
    ["keys"],
    ["own-price"],
    ["config"],
    ["import", __file__, "--format", "llm-prices"],
]
each_command = pytest.mark.parametrize("name", sorted(COMMANDS))


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in ("RATECARD_TRACEBACK", "RATECARD_PROVIDERS", "RATECARD_PROVIDER_ADDRESSES"):
        monkeypatch.delenv(variable, raising=False)


def test_help_names_every_command_the_codes_and_examples(capsys: Capsys) -> None:
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    for name in COMMANDS:
        assert f" {name} " in shown
    assert "Exit codes: 0 done" in shown
    assert "ratecard scrape openai --from page.html --json" in shown


@each_command
def test_each_command_explains_each_option(name: str, capsys: Capsys) -> None:
    assert run([name, "--help"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"Usage: ratecard {name}")
    for row in shown.splitlines():
        words = row.strip("│ ").split()
        if words and words[0].startswith("--") and len(words) <= 2:
            pytest.fail(f"{words[0]} is not explained")


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["models", "--no-such-option"],
        ["price"],
        ["scrape", "openai"],
        ["scrape", "openai", "--from", "no-such-file"],
        ["scrape", "openai", "--from", "x", "--json", "--table"],
        ["scrape", "no-such-provider", "--from", "x"],
        ["match", "--pairs", "no-such-file"],
        ["demo", "--port", "many"],
        ["models", "--usability", "perhaps"],
    ],
)
def test_wrong_use_is_one_line_and_code_2(arguments: list[str], capsys: Capsys) -> None:
    assert run(arguments) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert said.err.startswith("ratecard: ")


@pytest.mark.parametrize(("command", "variable"), [("topics", "KAFKA_BOOTSTRAP_SERVERS"), ("migrate", "DATABASE_URL")])
def test_a_backend_that_is_not_there_is_code_3_and_names_its_variable(
    command: str, variable: str, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody:a-secret@127.0.0.1:1/x")
    assert run([command]) == 3
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert variable in said
    assert "a-secret" not in said


@pytest.mark.parametrize("arguments", ASK_THE_API, ids=" ".join)
def test_a_registry_that_does_not_run_is_code_3_and_says_what_to_do(
    arguments: list[str], capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RATECARD_API_URL", "http://127.0.0.1:1")
    assert run(arguments) == 3
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert "start it with `ratecard up` or `ratecard demo`, or set RATECARD_API_URL" in said.err


def test_every_command_that_asks_the_api_is_tried_without_one() -> None:
    asks = {name for name, (path, _) in COMMANDS.items() if "api.connected" in source(path)}
    assert asks - {"demo", "up"} == {name for name, *_ in ASK_THE_API}


def source(path: str) -> str:
    return inspect.getsource(importlib.import_module(path.partition(":")[0]))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://u:secret@db.example:5432/ratecard?sslmode=require", "database ratecard at db.example:5432"),
        ("postgres://db.example", "database - at db.example"),
        ("postgresql://u:secret@[::1]:5432/x", "database x at [::1]:5432"),
        ("postgresql://u:sec/ret@db.example/x", "the database at DATABASE_URL"),
        ("postgresql://u:sec?ret@db.example/x", "the database at DATABASE_URL"),
        ("postgresql://db.example/x?password=sec@ret", "the database at DATABASE_URL"),
    ],
)
def test_a_database_is_named_without_its_password(url: str, said: str) -> None:
    assert place(url) == said


@given(st.text())
def test_nothing_of_a_password_is_ever_named(password: str) -> None:
    said = place(f"postgresql://u:{password}@db.example:5432/x")
    assert said in ("database x at db.example:5432", "the database at DATABASE_URL")


def test_migrate_and_topics_say_what_they_act_on(capsys: Capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setenv("KAFKA_TOPIC_PREFIX", "try.")
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody:a-secret@127.0.0.1:1/x")
    run(["topics"])
    assert capsys.readouterr().out == "Kafka: 127.0.0.1:1, topics that begin with try.\n"
    run(["migrate"])
    assert capsys.readouterr().out == "PostgreSQL: database x at 127.0.0.1:1\n"


def test_a_demo_leads_to_no_real_provider_and_gives_away_no_key() -> None:
    ours = told(1)
    shell = dict.fromkeys(keys_of_all(), "a-real-key") | {"RATECARD_PROVIDERS": "/nowhere"}
    environment = {**shell, **ours}
    enabled = described_providers(load(ServiceSettings, environment))
    assert sorted(enabled) == sorted(ORIGINS)
    urls = re.findall(r'"(https?://[^"]+)"', msgspec.json.encode([file.models for file in enabled.values()]).decode())
    assert urls
    assert all(url.startswith("http://127.0.0.1:1/") for url in urls)
    assert {name: environment[name] for name in keys_of_all()} == dict.fromkeys(keys_of_all(), "") | KEYS
    assert ours["ALERT_SLACK_WEBHOOK"] == ""


def keys_of_all() -> set[str]:
    lists = [file.models for file in load_providers().values() if file.models]
    return {models.key_variable for models in lists if models.key_variable}


def test_a_wrong_variable_is_wrong_use(capsys: Capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "nowhere")
    assert run(["topics"]) == 2
    assert "KAFKA_BOOTSTRAP_SERVERS is 'nowhere', but it takes" in capsys.readouterr().err


def test_topics_are_listed_without_a_cluster(capsys: Capsys) -> None:
    assert run(["topics", "--list", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [topic["name"] for topic in shown["topics"]] == [topic.name for topic in TOPICS]
    assert run(["topics", "--list"]) == 0
    assert "sync.requested" in capsys.readouterr().out


def test_scrape_prints_what_a_saved_page_says(capsys: Capsys, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(anthropic.pricing(catalogues()["anthropic"].at("before")))
    assert run(["scrape", "anthropic", "--from", str(page), "--json"]) == 0
    printed = capsys.readouterr().out
    assert run(["scrape", "anthropic", "--from", str(page)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert json.loads(printed)["prices"] == found["prices"]
    assert found["provider"] == "anthropic"
    (madrigal,) = (row for row in found["prices"] if (row["name"], row["tier"]) == ("Claude Madrigal 2", "standard"))
    assert madrigal["rates"]["output"] == "35"
    assert "$35 / MTok" in madrigal["evidence"]
    assert run(["scrape", "anthropic", "--from", str(page), "--table", "--explain"]) == 0
    shown = capsys.readouterr()
    assert re.search(r"^Claude Madrigal 2 +standard ", shown.out, re.MULTILINE)
    assert "columns" in shown.err


def test_scrape_of_a_page_without_prices_says_so(capsys: Capsys, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<html><p>Our prices have moved.</p></html>")
    assert run(["scrape", "openai", "--from", str(page)]) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["prices"] == []
    assert "refused: " in said.err
    assert f"ratecard: no price was read on {page}" in said.err
    assert run(["scrape", "openai", "--from", str(page), "--table"]) == 1
    assert capsys.readouterr().out == ""


def test_scrape_goes_to_no_private_address(capsys: Capsys) -> None:
    assert run(["scrape", "openai", "--from", "http://127.0.0.1:1/"]) == 3
    assert "SCRAPING_ALLOW_PRIVATE" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ('[{"provider": "acme", "id": "acme-large-2", "candidates": ["Acme Large 2", "Acme Small"], "why": "x"}]', 0),
        ('{"id": 1}', 2),
        ("not json", 2),
    ],
)
def test_match_answers_a_file_of_pairs(content: str, code: int, capsys: Capsys, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.json"
    pairs.write_text(content)
    assert run(["match", "--pairs", str(pairs), "--json"]) == code
    said = capsys.readouterr()
    if code == 0:
        (answer,) = json.loads(said.out)["answers"]
        assert answer["answer"] == "Acme Large 2"
        assert run(["match", "--pairs", str(pairs)]) == 0
        assert "Acme Large 2" in capsys.readouterr().out


@given(st.text(max_size=200))
def test_no_command_line_ends_in_a_traceback(text: str) -> None:
    assert run(["price-of", text]) == 2


def test_a_missing_key_is_named(capsys: Capsys) -> None:
    lines = list(missing_keys(load_providers(), {"OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": ""}))
    said = "\n".join(lines)
    assert "anthropic: ANTHROPIC_API_KEY is not set" in said
    assert "its pricing pages are read" in said
    assert "OPENAI_API_KEY" not in said
    assert capsys.readouterr().out == ""


def test_a_stack_is_found_only_while_it_runs() -> None:
    ours = Running(pid=os.getpid(), api="http://127.0.0.1:2", admin_key="k", environment={"REDIS_URL": "redis://x"})
    with running.announced(ours):
        assert running.find() == ours
        assert running.environ()["REDIS_URL"] == "redis://x"
        (file,) = Path(".ratecard").iterdir()
        assert file.stat().st_mode & 0o777 == 0o600
    assert running.find() is None


def test_what_a_crash_left_behind_is_not_believed() -> None:
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    with running.announced(Running(pid=int(gone.stdout), api="http://127.0.0.1:2", admin_key="k")):
        assert running.find() is None


def test_our_environment_comes_before_the_stacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://ours")
    with running.announced(Running(pid=os.getpid(), api="", admin_key="", environment={"REDIS_URL": "redis://x"})):
        assert running.environ()["REDIS_URL"] == "redis://ours"


@pytest.mark.parametrize(("said", "told"), [(None, "true"), ("", "true"), ("false", "false")])
def test_on_a_laptop_anyone_may_read_unless_the_shell_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, said: str | None, told: str
) -> None:
    monkeypatch.delenv("RATECARD_ANONYMOUS_READ", raising=False)
    if said is not None:
        monkeypatch.setenv("RATECARD_ANONYMOUS_READ", said)
    assert access("k") == {"RATECARD_ADMIN_KEY": "k", "RATECARD_ANONYMOUS_READ": told}


def test_elsewhere_reading_needs_a_key() -> None:
    assert not load(RegistrySettings, {}).ratecard_anonymous_read


def test_the_page_of_commands_lists_each_and_the_exit_codes() -> None:
    page = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `ratecard ([\w-]+)`", page, re.MULTILINE) == list(COMMANDS)
    codes = re.findall(r"^\| (\d+) \|", page, re.MULTILINE)
    kinds = (CommandError, UsageError, UnreachableError, NotFoundError)
    assert codes == ["0", *(str(kind.exit_code) for kind in kinds), "130"]
