import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ccr import env
from ccr.service import process, state
from tests.cli.conftest import Ccr
from tests.service.conftest import stand_in
from tests.support.pages import Pages
from tests.support.s6 import ANEW, DOWN, S6, UP

pytestmark = pytest.mark.e2e  # these start processes, and wait for them

ENVIRONMENT = {"PYTHONPATH": str(Path(__file__).parents[2])}


def test_status_has_an_exit_code_of_its_own_where_nothing_runs(ccr: Ccr) -> None:
    done = ccr("status")
    assert (done.code, done.out) == (3, "not running; `ccr start` starts it\n")
    assert ccr("status", "--json").json == {"condition": "not running", "running": False}


def test_status_describes_what_runs(ccr: Ccr, home: Path) -> None:
    started = process.start(home, stand_in("for-sessions"), ENVIRONMENT).state
    done = ccr("status")
    assert done.code == 0
    assert f"running, pid {started.pid}, {started.address}\n" in done.out


def test_starting_twice_makes_one_router(ccr: Ccr, home: Path) -> None:
    started = process.start(home, stand_in(), ENVIRONMENT).state
    done = ccr("start")
    assert done.code == 0
    assert done.out.startswith(f"the router is already running at {started.address} (pid {started.pid})\n")


def test_a_start_with_other_values_says_that_it_runs_elsewhere(ccr: Ccr, home: Path) -> None:
    started = process.start(home, stand_in(), ENVIRONMENT).state
    done = ccr("start", "--port", "3998", "--host", "127.0.0.1")
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        f"ccr: the router runs already, at {started.address} with built in (pid {started.pid})\n"
        "`ccr restart --host 127.0.0.1 --port 3998` changes that\n"
    )
    assert ccr("start", "--port", str(started.port)).code == 0


def test_stop_says_what_it_did(ccr: Ccr, home: Path) -> None:
    started = process.start(home, stand_in(), ENVIRONMENT).state
    assert ccr("stop").out == f"stopped (pid {started.pid})\n"
    assert ccr("stop").out == "the router is not running\n"


def test_stop_kills_what_does_not_end(ccr: Ccr, home: Path) -> None:
    pid = process.start(home, stand_in("stubborn"), ENVIRONMENT).state.pid
    assert ccr("stop", "--wait", "0").out == f"killed (pid {pid}): it had not ended after 0 s\n"


def test_a_foreground_start_beside_a_router_is_refused(ccr: Ccr, home: Path) -> None:
    process.start(home, stand_in(), ENVIRONMENT)
    done = ccr("start", "--foreground")
    assert done.code == 1
    assert "the router is already running (pid" in done.err


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"PORT": "x"}, "PORT: "), ({"HOST": "0.0.0.0", "APIKEY": "test"}, "reachable by others")],
)
def test_a_faulty_file_is_said_at_once(ccr: Ccr, config: Path, settings: dict[str, object], said: str) -> None:
    config.write_text(json.dumps(settings))
    done = ccr("start", "--foreground")
    assert done.code == 1
    assert said in done.err


def test_a_host_that_is_refused_is_blamed_on_who_named_it(
    ccr: Ccr, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = ccr("start", "--foreground", "--host", "0.0.0.0")
    assert done.code == 1
    assert done.err.startswith("ccr: --host 0.0.0.0 is reachable by others and needs a key; set CCR_API_KEY")
    monkeypatch.setenv("CCR_HOST", "0.0.0.0")
    assert ccr("start", "--foreground").err.startswith("ccr: CCR_HOST 0.0.0.0 is reachable")
    config.write_text(json.dumps({"PORT": "x"}))
    assert "PORT: " in ccr("start", "--foreground").err


def await_true(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.e2e
def test_the_real_router_starts_is_described_restarts_and_stops(ccr: Ccr, config: Path, home: Path) -> None:
    config.write_text(json.dumps({**json.loads(config.read_text()), "REWRITE_SYSTEM_PROMPT": "x"}))
    started = ccr("start", "--port", "0")
    assert started.code == 0
    assert started.err.startswith("ccr: note: REWRITE_SYSTEM_PROMPT: ")
    first = state.running(home)
    assert first
    said = ccr("status", "--json").json
    assert isinstance(said, dict)
    assert (said["config"], said["routes"]["think"], said["pid"]) == (str(config), "or,b", first.pid)
    assert said["providers"][0]["key"] == "set"
    plain = ccr("status")
    assert "1 note: `ccr config validate`\n" in plain.out
    assert plain.err == ""
    assert ccr("restart").code == 0
    second = state.running(home)
    assert second
    assert second.pid != first.pid
    assert ccr("stop").out == f"stopped (pid {second.pid})\n"


@pytest.mark.e2e
def test_a_broken_file_does_not_take_the_router_away(ccr: Ccr, config: Path, home: Path) -> None:
    config.write_text(json.dumps({**json.loads(config.read_text()), "APIKEY": "a-key-of-the-file"}))
    assert ccr("start", "--port", "0").code == 0
    router = state.running(home)
    assert router
    config.write_text(json.dumps({**json.loads(config.read_text()), "APIKEY": "the-key-of-later"}))
    await_true(lambda: state.running(home) != router)
    router = state.running(home)
    assert router
    config.write_text("{")
    done = ccr("status")
    assert done.code == 0
    assert "rejected" in done.out
    assert "think" in done.out
    said = ccr("status", "--json")
    assert said.json["routes"]["think"] == "or,b"  # type: ignore[index]
    assert "the-key-of-later" not in said.out
    for command in ("env", "activate"):
        done = ccr(command)
        assert f"ANTHROPIC_BASE_URL={router.address}" in done.out
        assert "ANTHROPIC_AUTH_TOKEN=the-key-of-later" in done.out
        assert done.err.startswith("ccr: the configuration is broken")
        assert done.err.count("\n") == 1
    done = ccr("restart")
    assert done.code == 1
    assert f"the router (pid {router.pid}) was left running as it is" in done.err
    assert state.running(home) == router


@pytest.mark.e2e
def test_a_router_that_is_only_the_guide_learns_a_new_key(
    ccr: Ccr, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CCR_PORT", "0")
    assert ccr("start").code == 0
    guide = state.running(home)
    assert guide
    monkeypatch.setenv("GROQ_API_KEY", "a")
    assert ccr("start").code == 0
    groq = state.running(home)
    assert groq
    assert groq.pid != guide.pid
    assert "groq" in ccr("status").out
    monkeypatch.setenv("GEMINI_API_KEY", "a")
    done = ccr("start")
    assert done.err.startswith("ccr: the router started before the key for gemini was set; `ccr restart`")
    assert state.running(home) == groq


@pytest.mark.e2e
def test_many_starts_at_once_make_one_router(config: Path, home: Path) -> None:
    start = [sys.executable, "-m", "ccr", "start", "--port", "0"]
    own = {**env.current(), **ENVIRONMENT}
    racing = [subprocess.Popen(start, env=own, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = [process.communicate()[0].splitlines()[0] for process in racing]
    assert [process.returncode for process in racing] == [0, 0, 0, 0]
    assert len({line.partition(" at ")[2] for line in said}) == 1
    assert sum("already" not in line for line in said) == 1


def test_status_of_a_router_elsewhere_is_what_it_tells(ccr: Ccr, elsewhere: Pages) -> None:
    done = ccr("status")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"router  running, pid 7, {elsewhere.address}\n")
    assert "/var/lib/ccr/config.json" in done.out


def test_status_where_nothing_answers_elsewhere(ccr: Ccr, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCR_ROUTER", "http://127.0.0.1:1")
    assert ccr("status").code == 3


def test_status_of_a_service_that_does_not_answer(ccr: Ccr, elsewhere: Pages, s6: S6) -> None:
    s6.says(UP)
    elsewhere.unwell = True
    assert ccr("status").code == 4


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("command", ["start", "stop", "restart"])
def test_what_is_not_run_from_here_is_left_alone(ccr: Ccr, command: str) -> None:
    done = ccr(command)
    assert (done.code, done.out) == (1, "")
    assert done.err.endswith("is not run from here; it is started and stopped where it runs\n")
    assert done.err.count("\n") == 1


def test_a_service_is_started_by_s6(ccr: Ccr, elsewhere: Pages, s6: S6) -> None:
    s6.says(DOWN)
    s6.after("-u", UP)
    done = ccr("start")
    assert (done.code, done.out) == (
        0,
        f"the router is running at {elsewhere.address} (pid 7)\nconfiguration: /var/lib/ccr/config.json\n",
    )
    assert ccr("start").out.startswith("the router is already running")
    assert s6.sent == ["-u"]


def test_a_service_is_restarted_by_s6(ccr: Ccr, s6: S6) -> None:
    s6.says(UP)
    s6.after("-ru", ANEW)
    assert ccr("restart").code == 0


def test_a_service_is_stopped_by_s6(ccr: Ccr, s6: S6) -> None:
    s6.says(UP)
    s6.after("-d", DOWN)
    assert ccr("stop").out == "stopped (pid 7)\n"
    assert ccr("stop").out == "the router is not running\n"


def test_litellm_is_called_by_its_name(
    ccr: Ccr, elsewhere: Pages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = S6(tmp_path / "run", "litellm")
    for name, value in service.environment(env.current().get("PATH", "")).items():
        monkeypatch.setenv(name, value)
    service.says(UP)
    elsewhere.litellm("gpt")
    done = ccr("status")
    assert (done.code, done.out) == (0, f"litellm  running, pid 7, {elsewhere.address}\nuptime   1 min\n")


def test_status_has_a_row_for_each_who_is_passed_over_or_waited_for(ccr: Ccr, elsewhere: Pages) -> None:
    told = {
        "passed_over": ["or key 2: unpaid; asked again in 9 min", "or,a key 1: limited for 40 s"],
        "waiting": ["or: 2 for their turn, 1 of 1 under way"],
        "problems": ["the log cannot be written"],
        "routes": {"default": "or,a | or,b"},
    }
    elsewhere.router(**told)
    rows = [line.split(maxsplit=2) for line in ccr("status").out.splitlines()]
    assert ["passed", "over", "or key 2: unpaid; asked again in 9 min"] in rows
    assert ["passed", "over", "or,a key 1: limited for 40 s"] in rows
    assert ["waiting", "or:", "2 for their turn, 1 of 1 under way"] in rows
    assert ["problem", "the", "log cannot be written"] in rows
    assert ["default", "or,a", "| or,b"] in rows
    said = ccr("status", "--json").json
    assert isinstance(said, dict)
    assert {name: said[name] for name in told} == told
