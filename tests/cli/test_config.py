import dataclasses
import json
import stat
from pathlib import Path

import pytest

from ccr.cli.main import run
from ccr.service import process, state
from tests.cli.conftest import Ccr, Terminal
from tests.service.conftest import stand_in
from tests.support.pages import SETTINGS, Pages


def test_path_says_which_file_is_used(ccr: Ccr, config: Path) -> None:
    assert ccr("config", "path").out == f"{config}\n"


def test_path_says_which_file_the_running_router_uses(ccr: Ccr, config: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text("{}")
    started = process.start(config.parent, stand_in(), {"PYTHONPATH": str(Path(__file__).parents[2])}).state
    state.write(config.parent, dataclasses.replace(started, config=str(other)))
    assert ccr("config", "path").out == f"{other}\n"


def test_path_says_which_file_would_be_used(ccr: Ccr, home: Path) -> None:
    assert ccr("config", "path").out == f"{home / 'config.json'}\n"


def test_show_hides_keys(ccr: Ccr, config: Path) -> None:
    done = ccr("config", "show")
    assert json.loads(done.out)["Router"]["default"] == "or,a"
    assert "sk-hidden" not in done.out
    assert ccr("config", "show", str(config)).out == done.out


def test_a_valid_file_is_said_to_be_valid(ccr: Ccr, config: Path) -> None:
    done = ccr("config", "validate")
    assert (done.code, done.out, done.err) == (0, f"{config} is valid\n", "")


def test_every_fault_is_printed_with_its_place(ccr: Ccr, config: Path) -> None:
    config.write_text('{"PORT": "x", "Providers": [{"api_base_url": "nowhere", "models": []}], "StatusLine": {}}')
    done = ccr("config", "validate")
    assert done.code == 1
    assert "PORT" in done.err
    assert "Providers[0]" in done.err
    assert done.err.splitlines()[-1].startswith(f"ccr: {config} has ")


def test_notices_do_not_fail(ccr: Ccr, config: Path) -> None:
    config.write_text(json.dumps({**json.loads(config.read_text()), "frob": 1}))
    done = ccr("config", "validate")
    assert (done.code, done.out) == (0, f"{config} is valid, with 1 note\n")
    assert "frob" in done.err


def test_no_transformer_of_ccr_is_without_effect_but_unknown_ones_are_named(ccr: Ccr, config: Path) -> None:
    names = [
        "openrouter", "deepseek", "groq", ["maxtoken", {"max_tokens": 9}], "maxcompletiontokens", ["sampling", {}],
        ["reasoning", {"enable": True}], "forcereasoning", "tooluse", "enhancetool", "cleancache", "streamoptions",
        ["customparams", {"seed": 1}], "cerebras", "vercel", "OpenAI",
    ]  # fmt: skip
    settings = json.loads(config.read_text())
    settings["Providers"][0]["transformer"] = {"use": names, "a": {"use": ["Deep_Seek"]}}
    config.write_text(json.dumps(settings))
    assert ccr("config", "validate").err == ""
    settings["Providers"][0]["transformer"]["use"] = ["mine"]
    config.write_text(json.dumps(settings))
    assert "mine" in ccr("config", "validate").err


def test_a_transformer_file_is_checked_with_the_configuration(ccr: Ccr, config: Path) -> None:
    settings = json.loads(config.read_text())
    settings["Providers"][0]["transformer"] = {"use": [["mine", {"depth": 3}]]}
    mine = config.parent / "mine.py"
    mine.write_text("def answer(event, context):\n    return event\n")
    config.write_text(json.dumps({**settings, "transformers": [{"path": "mine.py"}]}))
    assert ccr("config", "validate").err == ""
    mine.write_text("def answer(event, context):\n    return event(\n")
    done = ccr("config", "validate")
    assert done.code == 1
    assert f"{mine}:2: '(' was never closed; correct it, or take it out of transformers" in done.err


def test_validate_is_json_for_programs(ccr: Ccr, config: Path) -> None:
    assert ccr("config", "validate", "--json").json == {
        "source": str(config),
        "valid": True,
        "faults": [],
        "notices": [],
    }
    config.write_text("{")
    done = ccr("config", "validate", "--json")
    assert done.code == 1
    assert '"valid": false' in done.out


def test_validate_reads_stdin(ccr: Ccr) -> None:
    assert ccr("config", "validate", "-", said="{}").out == "stdin is valid\n"
    assert ccr("config", "validate", "-", said='{"PORT": "x"}').err.splitlines()[-1] == "ccr: stdin has 1 fault"


LITELLM = """
model_list:
  - model_name: fast
    litellm_params: {model: openai/gpt-5, api_key: os.environ/OPENAI_API_KEY, tags: [a]}
"""


def test_import_prints_ours_and_reports_the_rest(ccr: Ccr, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(LITELLM)
    done = ccr("config", "import", str(tmp_path / "config.yaml"))
    assert done.code == 0
    assert json.loads(done.out)["Providers"][0]["api_key"] == "${OPENAI_API_KEY}"
    assert "tags" in done.err


def test_import_reads_stdin(ccr: Ccr) -> None:
    assert '"Providers"' in ccr("config", "import", "-", said=LITELLM).out


def test_import_writes_only_where_nothing_is(ccr: Ccr, home: Path, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(LITELLM)
    assert ccr("config", "import", str(tmp_path / "config.yaml"), "--write").code == 0
    assert stat.S_IMODE((home / "config.json").stat().st_mode) == 0o600
    again = ccr("config", "import", str(tmp_path / "config.yaml"), "--write")
    assert again.code == 1
    assert "--force replaces it" in again.err


def test_export_prints_theirs_and_reports_the_rest(ccr: Ccr, config: Path) -> None:
    done = ccr("config", "export", "litellm")
    assert done.code == 0
    assert "model: hosted_vllm/a\n" in done.out
    assert "Router.think: not carried over" in done.err
    assert done.out == ccr("config", "export", "litellm", str(config)).out


def test_export_reads_stdin(ccr: Ccr) -> None:
    said = '{"Providers": [{"name": "groq", "api_key": "$GROQ_API_KEY", "models": ["m"]}]}'
    assert "api_key: os.environ/GROQ_API_KEY" in ccr("config", "export", "litellm", "-", said=said).out


def test_export_writes_for_the_owner_alone_and_only_where_nothing_is(ccr: Ccr, config: Path) -> None:
    target = config.parent / "litellm_config.yaml"
    assert "litellm --config" in ccr("config", "export", "litellm", "--write", str(target)).out
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    written = target.read_text()
    target.write_text("mine")
    again = ccr("config", "export", "litellm", "--write", str(target))
    assert (again.code, target.read_text()) == (1, "mine")
    assert "--force replaces it" in again.err
    assert ccr("config", "export", "litellm", "--write", str(target), "--force").code == 0
    assert target.read_text() == written


def test_export_without_a_provider_says_what_to_do(ccr: Ccr) -> None:
    done = ccr("config", "export", "litellm")
    assert (done.code, done.out) == (1, "")
    assert "configure a provider" in done.err


def test_init_knows_vendors(ccr: Ccr, home: Path) -> None:
    assert ccr("config", "init", "--yes", "--provider", "openrouter").code == 0
    written = json.loads((home / "config.json").read_text())
    assert written["Providers"][0]["api_key"] == "$OPENROUTER_API_KEY"
    assert stat.S_IMODE((home / "config.json").stat().st_mode) == 0o600
    assert ccr("config", "validate").code == 0


def test_init_takes_every_answer_as_an_option(ccr: Ccr, home: Path) -> None:
    words = "--provider mine --base-url http://127.0.0.1:9/v1 --key-env MINE --model m --model n --router-key r".split()
    assert ccr("config", "init", *words).code == 0
    written = json.loads((home / "config.json").read_text())
    assert written["APIKEY"] == "r"
    (provider,) = written["Providers"]
    assert provider["api_key"] == "$MINE"
    assert provider["models"] == ["m", "n"]


def test_init_never_replaces_a_file_unasked(ccr: Ccr, config: Path) -> None:
    before = config.read_text()
    done = ccr("config", "init", "--yes")
    assert (done.code, done.err) == (1, f"ccr: {config} is there already; --force replaces it\n")
    assert config.read_text() == before
    assert ccr("config", "init", "--yes", "--force").code == 0
    assert config.read_text() != before
    assert config.with_name("config.json.bak").read_text() == before


def test_init_without_a_terminal_asks_nothing_and_guesses_nothing(ccr: Ccr, home: Path) -> None:
    done = ccr("config", "init")
    assert (done.code, done.out) == (1, "")
    assert done.err == ("ccr: there is no terminal to ask at: name a --provider, or take what is usual with --yes\n")
    assert not (home / "config.json").exists()


def test_init_writes_nothing_that_is_not_valid(ccr: Ccr, home: Path) -> None:
    done = ccr("config", "init", "--provider", "mine", "--base-url", "nowhere", "--model", "m")
    assert done.code == 1
    assert "not a URL" in done.err
    assert not (home / "config.json").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--provider", "mine"], "mine is not a known vendor: say where it is with --base-url"),
        (["--provider", "mine", "--base-url", "http://127.0.0.1:9"], "mine has no usual model: name one with --model"),
    ],
)
def test_init_says_what_is_missing(ccr: Ccr, words: list[str], said: str) -> None:
    assert ccr("config", "init", "--yes", *words).err == f"ccr: {said}\n"


def test_init_asks_for_what_is_left_open(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("mine", "http://127.0.0.1:9/v1", "m", ""))
    monkeypatch.setattr("getpass.getpass", lambda prompt, stream=None: "sk-typed")
    assert run(["config", "init"]) == 0
    (provider,) = json.loads((home / "config.json").read_text())["Providers"]
    assert (provider["name"], provider["api_key"], provider["models"]) == ("mine", "sk-typed", ["m"])


@pytest.mark.usefixtures("elsewhere")
def test_a_router_elsewhere_is_asked_for_its_configuration(ccr: Ccr) -> None:
    assert ccr("config", "path").out == "/var/lib/ccr/config.json\n"
    assert ccr("config", "show").json == SETTINGS


def test_what_a_router_elsewhere_says_of_its_file_is_what_validate_says(ccr: Ccr, elsewhere: Pages) -> None:
    done = ccr("config", "validate")
    assert (done.code, done.out) == (0, "/var/lib/ccr/config.json is valid, with 1 note\n")
    assert done.err == "ccr: note: Router.think: unused\n"
    elsewhere.router(rejected="/var/lib/ccr/config.json: PORT: not a number")
    done = ccr("config", "validate")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("ccr: /var/lib/ccr/config.json: PORT: not a number\n")


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("words", [("init", "--yes"), ("import", "-", "--write"), ("export", "litellm")])
def test_a_configuration_elsewhere_is_changed_there(ccr: Ccr, home: Path, words: tuple[str, ...]) -> None:
    done = ccr("config", *words, said="{}")
    assert done.code == 1
    assert "ccr: the configuration belongs to the router at http://" in done.err.splitlines()[-1]
    assert not home.exists()
