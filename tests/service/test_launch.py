"""With a program that says how it was called in claude's place, and a stand-in for the router."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ccr.errors import ServiceProblem
from ccr.service import launch, process, state
from tests.service.conftest import stand_in

ROUTED = """{"Providers": [{"name": "a", "api_base_url": "http://127.0.0.1:9/v1", "models": ["b"]}],
"Router": {"default": "a,b", "think": "a,b"}}"""

ECHO = """#!{python}
import json, os, sys
settings = [json.load(open(after)) for word, after in zip(sys.argv, sys.argv[1:]) if word == "--settings"]
said = {{"argv": sys.argv[1:], "env": dict(os.environ), "settings": settings, "stdin": os.fstat(0).st_rdev}}
json.dump(said, open({out!r}, "w"))
sys.exit(7)
"""


@dataclass(frozen=True, slots=True)
class Claude:
    """What ran in claude's place."""

    env: dict[str, str]
    out: Path

    @property
    def said(self) -> Any:
        return json.loads(self.out.read_text())


@pytest.fixture
def claude(home: Path, tmp_path: Path, environment: dict[str, str]) -> Claude:
    program, out = tmp_path / "claude", tmp_path / "said.json"
    program.write_text(ECHO.format(python=sys.executable, out=str(out)))
    program.chmod(0o755)
    own = {"CCR_HOME": str(home), "HOME": str(tmp_path), "CLAUDE_PATH": str(program), "SHELL": "/bin/sh"}
    return Claude({**environment, **own}, out)


@pytest.fixture
def for_sessions(home: Path, environment: dict[str, str]) -> state.State:
    return process.start(home, stand_in("for-sessions"), environment).state


def test_claude_gets_its_arguments_untouched(claude: Claude, for_sessions: state.State) -> None:
    words = ["-p", "fix `date` $HOME", "--add-dir", "a", "--add-dir", "b", "--", "--context"]
    assert launch.code(words, claude.env, print) == 7
    assert claude.said["argv"] == words
    assert claude.said["env"]["ANTHROPIC_BASE_URL"] == for_sessions.address


def test_what_claude_runs_finds_ccr(claude: Claude, for_sessions: state.State) -> None:
    launch.code([], {**claude.env, "PATH": "/usr/bin:/bin"}, print)
    assert claude.said["env"]["PATH"] == f"/usr/bin:/bin:{Path(sys.executable).parent}:{claude.out.parent}"


def test_the_router_ends_with_the_session(home: Path, claude: Claude, for_sessions: state.State) -> None:
    launch.code([], claude.env, print)
    assert state.running(home) is None


@pytest.mark.usefixtures("for_sessions")
def test_a_context_becomes_a_header(home: Path, claude: Claude) -> None:
    (home / "config.json").write_text(ROUTED)
    launch.code(["--context", "Think", "hi"], claude.env, print)
    assert claude.said["argv"] == ["hi"]
    assert claude.said["env"]["ANTHROPIC_CUSTOM_HEADERS"] == "x-ccr-route: Think"


def test_a_context_that_no_route_has_is_refused_before_claude_starts(home: Path, claude: Claude) -> None:
    home.mkdir()
    (home / "config.json").write_text(ROUTED)
    with pytest.raises(ServiceProblem, match="--context nosuch: no route is named so; there are default, think"):
        launch.code(["--context", "nosuch"], claude.env, print)
    assert not claude.out.exists()
    assert state.running(home) is None


def test_a_broken_file_is_one_warning(home: Path, claude: Claude, for_sessions: state.State) -> None:
    (home / "config.json").write_text("{")
    said: list[str] = []
    assert launch.code([], claude.env, said.append) == 7
    assert claude.said["env"]["ANTHROPIC_BASE_URL"] == for_sessions.address
    assert len(said) == 1


@pytest.mark.usefixtures("for_sessions")
def test_an_interactive_shell_says_where_claude_goes(home: Path, claude: Claude) -> None:
    (home / "config.json").write_text(ROUTED)
    said: list[str] = []
    launch.shell({**claude.env, "SHELL": "/bin/true"}, said.append)
    assert said == ["claude -> a,b; exit leaves"]


@pytest.mark.usefixtures("for_sessions")
def test_without_a_provider_a_shell_says_so(claude: Claude) -> None:
    said: list[str] = []
    launch.shell({**claude.env, "SHELL": "/bin/true"}, said.append)
    assert said == ["no provider yet: claude will say how to get one; exit leaves"]


def test_settings_that_contradict_are_overruled(home: Path, claude: Claude, for_sessions: state.State) -> None:
    folder = Path(claude.env["HOME"]) / ".claude"
    folder.mkdir()
    (folder / "settings.json").write_text('{"env": {"ANTHROPIC_BASE_URL": "http://elsewhere"}}')
    launch.code(["--settings", '{"model": "x"}', "hi"], claude.env, print)
    (settings,) = claude.said["settings"]
    assert settings == {"model": "x", "env": {"ANTHROPIC_BASE_URL": for_sessions.address}}
    assert claude.said["argv"][2:] == ["hi"]
    assert list((home / "sessions").iterdir()) == []


@pytest.mark.usefixtures("for_sessions")
def test_settings_that_agree_are_not_touched(claude: Claude, tmp_path: Path) -> None:
    (tmp_path / "own.json").write_text('{"env": {"MINE": "1"}}')
    words = ["--settings", str(tmp_path / "own.json")]
    launch.code(words, claude.env, print)
    assert claude.said["argv"] == words


def test_beside_a_router_that_stays_claude_takes_our_place(home: Path, claude: Claude) -> None:
    process.start(home, stand_in(), claude.env)
    run = "import sys; from ccr import env; from ccr.service import launch; "
    run += "sys.exit(launch.code(sys.argv[1:], env.current(), print))"
    done = subprocess.run([sys.executable, "-c", run, "hi"], env=claude.env)
    assert done.returncode == 7
    assert claude.said["argv"] == ["hi"]
    assert state.running(home) is not None


def test_a_command_runs_in_the_users_shell(claude: Claude, for_sessions: state.State) -> None:
    out = Path(claude.env["HOME"]) / "out"
    assert launch.shell(claude.env, print, f'echo "$ANTHROPIC_BASE_URL" > {out}; exit 5') == 5
    assert out.read_text() == f"{for_sessions.address}\n"


@pytest.mark.usefixtures("for_sessions")
def test_claude_is_on_the_path_of_a_shell(claude: Claude) -> None:
    assert launch.shell(claude.env | {"PATH": "/usr/bin:/bin"}, print, "claude -p hi") == 7
    assert claude.said["argv"] == ["-p", "hi"]


@pytest.mark.usefixtures("for_sessions")
def test_a_configuration_with_a_status_line_has_claude_draw_it(home: Path, claude: Claude) -> None:
    (home / "config.json").write_text(ROUTED.replace('"Router"', '"StatusLine": {"enabled": true}, "Router"'))
    launch.code(["--settings", '{"model": "x"}', "hi"], claude.env, print)
    assert claude.said["settings"][0]["model"] == "x"
    assert claude.said["settings"][0]["statusLine"]["command"].endswith(" statusline")


@pytest.mark.usefixtures("for_sessions")
def test_a_helper_is_switched_off_with_the_users_settings_kept(claude: Claude) -> None:
    launch.code(["--settings", '{"apiKeyHelper": "echo other", "model": "x"}'], claude.env, print)
    assert claude.said["settings"] == [{"apiKeyHelper": "", "model": "x"}]


@pytest.mark.usefixtures("for_sessions")
def test_questions_are_answered_for_those_who_ask(claude: Claude, tmp_path: Path) -> None:
    launch.code([], claude.env, print)
    assert not (tmp_path / ".claude.json").exists()
    launch.code(["--trust"], claude.env, print)
    said = json.loads((tmp_path / ".claude.json").read_text())
    assert said["projects"] == {str(Path.cwd()): {"hasTrustDialogAccepted": True}}


@pytest.mark.usefixtures("for_sessions")
def test_a_folder_of_its_own_leaves_the_users_alone(home: Path, claude: Claude, tmp_path: Path) -> None:
    launch.code(["--isolated"], claude.env, print)
    assert claude.said["env"]["CLAUDE_CONFIG_DIR"] == str(home / "claude")
    assert json.loads((home / "claude" / ".claude.json").read_text()) == {"hasCompletedOnboarding": True}
    assert not (tmp_path / ".claude.json").exists()


@pytest.mark.usefixtures("for_sessions")
def test_what_code_cannot_heal_it_tells(home: Path, claude: Claude) -> None:
    (home / "config.json").write_text(ROUTED)
    said: list[str] = []
    launch.code([], {**claude.env, "ANTHROPIC_MODEL": "no,where", "ANTHROPIC_API_KEY": "x"}, said.append)
    assert [line.split(" names")[0] for line in said] == ["ANTHROPIC_MODEL in the environment"]


@pytest.mark.usefixtures("for_sessions")
def test_a_shell_can_have_that_folder_too(home: Path, claude: Claude, tmp_path: Path) -> None:
    launch.shell(claude.env, print, f'echo "$CLAUDE_CONFIG_DIR" > {tmp_path}/out', isolated=True, trust=True)
    assert (tmp_path / "out").read_text() == f"{home}/claude\n"
