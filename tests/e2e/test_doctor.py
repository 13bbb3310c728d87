"""`ccr doctor` and `ccr provider test` as a person runs them: the real claude, real trouble."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support import chat
from tests.support.parts import text, tool, usage
from tests.support.running import QUIET, Person, Ran, bare_environment
from tests.support.upstream import Answer, Received, Upstream, reply


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path).settle()


def configure(person: Person, url: str, **settings: object) -> Path:
    folder = person.home / ".claude-code-router"
    folder.mkdir(mode=0o700)
    provider = {"name": "acme", "api_base_url": f"{url}/v1", "api_key": "sk-acme-0123456789", "models": ["m"]}
    file = folder / "config.json"
    file.write_text(json.dumps({"Providers": [provider], "Router": {"default": "acme,m"}, **settings}))
    file.chmod(0o600)
    return file


def found(ran: Ran, check: str) -> list[dict[str, Any]]:
    return [each for each in json.loads(ran.out)["findings"] if each["check"] == check]


def well(request: Received) -> Answer:
    if request.method == "GET":
        return reply(200, {"data": [{"id": "m"}]})
    if request.json.get("tools"):
        return chat.stream(tool("weather", {"city": "Paris"}), usage(80, 9))
    return chat.stream(text("OK"), usage(12, 1))


def test_an_empty_home_is_well_and_the_real_claude_runs_from_end_to_end(person: Person) -> None:
    ran = person.ccr("doctor")
    assert ran.code == 0, ran.out + ran.err
    assert "claude read a file by a tool call and answered" in ran.out
    assert "-> `ccr config init` asks for one" in ran.out
    assert sorted(path.name for path in (person.home / ".claude-code-router").iterdir()) == ["key"]
    assert not (person.home / ".claude").exists()


def test_the_run_is_not_led_astray_by_what_the_user_has_set(person: Person) -> None:
    astray = {
        "ANTHROPIC_API_KEY": "sk-ant-0123456789",
        "ANTHROPIC_BASE_URL": "http://127.0.0.1:9",
        "CLAUDE_CODE_USE_BEDROCK": "1",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "",
        "CCR_LOCALHOST": "nobody.invalid",
    }
    ran = person.ccr("doctor", "--only", "end-to-end", seconds=60, **astray)
    assert ran.code == 0, ran.out + ran.err


def test_a_provider_that_answers_is_told_with_time_and_tokens(person: Person, scripted: Upstream) -> None:
    scripted.play(well)
    configure(person, scripted.url)
    ran = person.ccr("doctor", "--quick", "--live", "--json")
    assert ran.code == 0, ran.out
    (live,) = found(ran, "live")
    assert (live["input_tokens"], live["output_tokens"]) == (12, 1)
    assert 0 < live["first_token"] <= live["seconds"]


def test_a_provider_is_tried_with_text_and_a_tool(person: Person, scripted: Upstream) -> None:
    scripted.play(well)
    configure(person, scripted.url)
    ran = person.ccr("provider", "test", "acme")
    assert ran.code == 0, ran.out + ran.err
    assert "acme,m: answers: first token" in ran.out
    assert "acme,m with tools: calls them: first token" in ran.out


def test_trouble_of_all_kinds_is_told_at_once_and_without_keys(person: Person) -> None:
    config = configure(person, "https://acme.invalid", PROXY_URL="http://127.0.0.1:9")
    config.chmod(0o644)
    claude = person.work / "claude"
    claude.write_text("#!/bin/sh\necho '1.0.0 (Claude Code)'\n")
    claude.chmod(0o755)
    with socket.create_server(("127.0.0.1", person.port)):
        ran = person.ccr("doctor", "--quick", "--json", CLAUDE_PATH=str(claude))
    assert ran.code == 1
    assert "the proxy 127.0.0.1:9 refuses the connection" in found(ran, "providers")[0]["seen"]
    assert f"port {person.port} is taken" in found(ran, "port")[0]["seen"]
    assert found(ran, "permissions")[0]["remedy"] == f"chmod 600 {config}"
    assert found(ran, "claude")[0]["state"] == "warning"
    assert "sk-acme" not in ran.out + ran.err


def test_a_broken_configuration_keeps_nothing_else_from_being_told(person: Person) -> None:
    configure(person, "https://acme.invalid").write_text('{"PORT": "x"')
    ran = person.ccr("doctor", "--json")
    assert ran.code == 1
    assert "config.json" in found(ran, "config")[0]["seen"]
    assert [each["state"] for each in found(ran, "end-to-end")] == ["ok"]


def test_a_running_router_is_told(person: Person, scripted: Upstream) -> None:
    configure(person, scripted.url)
    try:
        assert person.ccr("start").code == 0
        ran = person.ccr("doctor", "--quick", "--only", "router", "--only", "port")
    finally:
        person.ccr("stop", "--now")
    assert ran.code == 0
    assert f"ok       router: runs at http://127.0.0.1:{person.port} (pid " in ran.out


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_who_ends_it_leaves_nothing_behind(person: Person, by: signal.Signals, times: int) -> None:
    started, ended = person.work / "started", person.work / "ended"
    claude = person.work / "claude"
    claude.write_text(f'#!/bin/sh\n[ "$1" = -p ] && {{ echo $$ > {started}; sleep 50; touch {ended}; }}\n')
    claude.chmod(0o755)
    temporary = person.folder / "tmp"
    temporary.mkdir()
    doctor = subprocess.Popen(
        [sys.executable, "-m", "ccr", "doctor", "--only", "end-to-end"],
        cwd=person.work,
        env={**bare_environment(person.home), **QUIET, "CLAUDE_PATH": str(claude), "TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    until = time.monotonic() + 20
    while not (started.exists() and started.read_text()) and time.monotonic() < until:
        time.sleep(0.05)
    (state,) = temporary.glob("*/router/ccr.state.json")
    router = json.loads(state.read_text())["pid"]
    for _ in range(times):
        os.kill(doctor.pid, by)
        time.sleep(0.02)
    assert doctor.wait(15) == 130
    assert list(temporary.iterdir()) == []
    assert not any(Path(f"/proc/{pid}").exists() for pid in (router, int(started.read_text())))
