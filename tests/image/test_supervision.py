"""What keeps the container alive: services come back, or stop with a reason; the container ends quickly and loses nothing."""

import subprocess
import time
from collections.abc import Iterator, Mapping

import pytest

from tests.image.conftest import StartContainer
from tests.support import chat
from tests.support.containers import Container, Engine, Outside
from tests.support.parts import text, usage
from tests.support.sessions import Screen, client, connected, openssh, said, typing
from tests.support.upstream import HANG

CONFIG = "/var/lib/ccr/.claude-code-router/config.json"
GIVEN_UP = "ended five times in a minute and stays down"

# Kills a service's process, or starts a stopped one, and prints the seconds until it answers.
TIMED = """
pid=$(s6-svstat -o pid /run/s6/$0); %s; start=$EPOCHREALTIME
%s; until [ $(s6-svstat -o pid /run/s6/$0) != $pid ] && /usr/lib/ccr/healthy; do sleep 0.02; done >/dev/null 2>&1
end=$EPOCHREALTIME; echo $((${end/./} - ${start/./}))e-6
"""
KILL = TIMED % (":", "kill -9 $pid")
START = TIMED % ("s6-svc -wD -d /run/s6/$0", "s6-svc -u /run/s6/$0")


@pytest.fixture(scope="module")
def shared(shared_container: StartContainer) -> Container:
    return shared_container()


@pytest.fixture(scope="module")
def model(engine: Engine) -> Iterator[Outside]:
    with Outside(engine) as upstream:
        yield upstream


def config(upstream: Outside) -> Mapping[str, object]:
    provider = {"name": "scripted", "api_base_url": f"{upstream.url}/v1", "api_key": "k", "models": ["m"]}
    return {"Providers": [provider], "Router": {"default": "scripted,m"}}


def write_config(container: Container, words: str) -> None:
    """As the router sees it: in its volume."""
    container.execute("sh", "-c", f"cat >{CONFIG}", user="router", text=words)


def pid(container: Container, service: str) -> str:
    return container.execute("s6-svstat", "-o", "pid", f"/run/s6/{service}").stdout.strip()


def timed(container: Container, script: str, service: str) -> float:
    return float(container.execute("bash", "-c", script, service).stdout)


def stop(container: Container) -> float:
    """Seconds that `docker stop` takes."""
    start = time.monotonic()
    container.engine.run("stop", "--time", "10", container.name)
    return time.monotonic() - start


def exit_code(container: Container) -> object:
    return container.engine.inspect(container.name)["State"]["ExitCode"]


def start_again(container: Container) -> None:
    container.engine.run("start", container.name)
    container.wait_until_healthy()


# --- services come back ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", ["sshd", "router"])
def test_a_killed_service_is_back_within_two_seconds(shared: Container, service: str) -> None:
    """Where other work slows this machine down, it is what the supervisor adds to a start that is measured."""
    taken = timed(shared, KILL, service)
    assert taken < 2 or taken < timed(shared, START, service) + 1.3
    assert shared.ssh("ccr", "status").returncode == 0


def test_sessions_outlive_the_listener(shared: Container) -> None:
    with connected(shared) as connection:
        timed(shared, KILL, "sshd")
        assert said(connection, "echo still here") == "still here\n"


def test_nothing_but_s6_is_the_first_process(shared: Container) -> None:
    assert shared.execute("ps", "-o", "comm=", "-p", "1").stdout == "s6-svscan\n"


def test_orphans_are_reaped(shared: Container) -> None:
    shared.ssh("(sleep 0.2 & ) ; setsid sh -c 'sleep 0.1 & exit' ; sleep 0.5")
    assert "Z" not in shared.execute("ps", "-eo", "stat=").stdout


# --- or stop with a reason ------------------------------------------------------------------------------------------------------------


def test_a_router_that_cannot_start_stays_down_and_says_why(container: StartContainer) -> None:
    running = container()
    write_config(running, "{ broken")
    running.execute("s6-svc", "-k", "/run/s6/router")
    running.execute("bash", "-c", "for _ in {1..300}; do [ ! -e /run/ccr/gave-up/router ] || break; sleep 0.1; done")
    said = running.logs()
    time.sleep(2)
    assert running.logs() == said, "it is not tried for ever"
    assert said.count(f"{CONFIG}: line 1, column 1") in {4, 5, 6}, "each try says why; the kill counts as one"
    assert said.count(GIVEN_UP) == 1
    assert "Traceback" not in said
    assert not running.is_healthy()


def test_a_router_that_stays_down_is_started_when_its_configuration_is_mended(container: StartContainer) -> None:
    running = container()
    write_config(running, "{ broken")
    running.execute("s6-svc", "-k", "/run/s6/router")
    assert running.ssh("echo", "sshd", "stays").stdout == "sshd stays\n"
    refused = running.ssh("ccr", "start", check=False)
    assert refused.returncode == 1
    assert f"{CONFIG}: line 1, column 1" in refused.stderr
    write_config(running, "{}")
    running.ssh("ccr", "start")
    assert running.is_healthy()


def test_a_start_with_a_broken_configuration_fails_with_its_place_and_a_remedy(container: StartContainer) -> None:
    running = container()
    running.script("down")
    (running.home / ".claude-code-router" / "config.json").write_text("{ broken")
    done = running.script("start", "router", check=False)
    assert done.returncode == 1
    assert "config.json: line 1, column 1" in done.stderr
    assert "Mend it and run this again" in done.stderr
    assert "Traceback" not in done.stderr


# --- the end -------------------------------------------------------------------------------------------------------------------------


def test_a_stop_is_quick_and_keeps_what_was_typed(container: StartContainer) -> None:
    running = container()
    screen = Screen(running).open()
    screen.type("echo typed-in-$((40+2))-tmux", "Enter")
    screen.wait_for("typed-in-42-tmux")
    with typing(running) as terminal:
        assert terminal.stdin
        assert terminal.stdout
        terminal.stdin.write("echo typed-by-$((40+2))-ssh\n")
        terminal.stdin.flush()
        while "typed-by-42-ssh" not in terminal.stdout.readline():
            pass
        seconds = stop(running)
    assert exit_code(running) == 0
    assert seconds < 2
    start_again(running)
    history = running.ssh("cat .bash_history").stdout
    assert "echo typed-by-$((40+2))-ssh\n" in history
    assert "echo typed-in-$((40+2))-tmux\n" in history


def test_a_stop_does_not_wait_for_an_open_stream(container: StartContainer, model: Outside) -> None:
    running = container(config=config(model))
    model.play([chat.streamed(chat.delta(content="drip"), HANG, done=False)] * 9)
    body = '{"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"hi"}]}'
    ask = f"curl -sN $ANTHROPIC_BASE_URL/v1/messages -H x-api-key:$ANTHROPIC_AUTH_TOKEN -d '{body}'"
    with subprocess.Popen(
        client(running, running.name, ask), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
    ) as asking:
        assert asking.stdout
        while "drip" not in asking.stdout.readline():
            assert asking.poll() is None
        seconds = stop(running)
        asking.kill()
    assert exit_code(running) == 0
    assert seconds < 2


def test_a_start_after_a_stop_is_as_the_first(container: StartContainer) -> None:
    running = container()
    environment = running.ssh("env | grep -v ^SSH_ | sort").stdout
    stop(running)
    start_again(running)
    assert running.ssh("env | grep -v ^SSH_ | sort").stdout == environment
    assert running.logs().count("listens at") == 2


# --- ccr speaks to the supervisor ------------------------------------------------------------------------------------------------------


def test_developer_stops_and_starts_the_router(shared: Container) -> None:
    first = pid(shared, "router")
    assert "stopped" in shared.ssh("ccr", "stop").stdout
    assert shared.ssh("ccr", "status", check=False).returncode == 3
    assert not shared.is_healthy()
    assert "is running" in shared.ssh("ccr", "start").stdout
    assert shared.is_healthy()
    assert shared.ssh("ccr", "status").stdout.startswith("router  running")
    assert pid(shared, "router") != first


def test_developer_restarts_the_router(shared: Container) -> None:
    first = pid(shared, "router")
    shared.ssh("ccr", "restart")
    assert pid(shared, "router") != first
    assert shared.is_healthy()


def test_developer_reads_the_log_of_requests_and_the_routers_own_words(
    container: StartContainer, model: Outside
) -> None:
    running = container(config=config(model))
    model.play(lambda _: chat.stream(text("done"), usage(10, 3)))
    running.ssh("claude -p hi </dev/null")
    (last,) = running.ssh("ccr", "logs").stdout.splitlines()[-1:]
    assert "scripted" in last
    assert "listens at" in running.ssh("ccr", "logs", "--process").stdout


@pytest.mark.parametrize(
    "command", ["s6-svc -d /run/s6/sshd", "s6-svscanctl -t /run/s6", "s6-svc -d /run/s6/router/log"]
)
def test_developer_has_the_router_alone_in_hand(shared: Container, command: str) -> None:
    assert shared.ssh(command, check=False).returncode != 0
    assert shared.is_healthy()


# --- logs and health -----------------------------------------------------------------------------------------------------------------------


def test_a_flood_of_words_is_kept_within_bounds(shared: Container) -> None:
    """The services' own log script, with more on its input than it keeps."""
    prepare = (
        "mkdir -p /tmp/flood/log /run/ccr/log/flood && chown router:router /run/ccr/log/flood && cd /tmp/flood/log"
    )
    flood = "yes 'a word, and another' | head -c 4000000 | /usr/lib/ccr/services/log >/dev/null"
    shared.execute("bash", "-c", f"{prepare} && {flood}")
    kept = int(shared.execute("du", "-sk", "/run/ccr/log/flood").stdout.split()[0])
    assert 200 < kept < 800


def test_the_engines_log_is_bounded(shared: Container) -> None:
    assert shared.engine.inspect(shared.name)["HostConfig"]["LogConfig"] == {
        "Type": "json-file",
        "Config": {"max-file": "2", "max-size": "5m"},
    }


def test_the_health_checks_knocks_are_not_logged(shared: Container) -> None:
    for _ in range(3):
        assert shared.is_healthy()
    assert "Connection closed by 127.0.0.1" not in shared.logs()


def test_the_health_check_may_knock_often(shared: Container) -> None:
    """sshd punishes addresses that come and go without a word; not this one."""
    knocks = "for i in $(seq 20); do /usr/lib/ccr/healthy || exit 1; done"
    assert shared.execute("bash", "-c", knocks, check=False).returncode == 0


def test_the_engine_calls_it_healthy_within_fifteen_seconds(shared: Container) -> None:
    """The container is older than that, or becomes it here."""
    until = time.monotonic() + 15
    while shared.engine.inspect(shared.name)["State"]["Health"]["Status"] != "healthy":
        assert time.monotonic() < until
        time.sleep(0.2)


def test_a_health_check_that_fails_says_of_what(shared: Container) -> None:
    shared.execute("s6-svc", "-wD", "-d", "/run/s6/sshd")
    try:
        done = shared.execute("/usr/lib/ccr/healthy", check=False)
        assert (done.returncode, done.stdout, done.stderr) == (1, "sshd does not answer\n", "")
    finally:
        shared.execute("s6-svc", "-wu", "-u", "/run/s6/sshd")
        shared.wait_until_healthy()
    assert openssh(shared, shared.name, "true").returncode == 0
