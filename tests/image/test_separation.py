"""The provider's keys are the router's alone: developer finds them nowhere, and cannot get at the router or at sshd."""

import json
import os
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.image.conftest import StartContainer
from tests.support import chat
from tests.support.containers import Container, Done, Engine, Outside
from tests.support.parts import text
from tests.support.sessions import AS_DEVELOPER, KINDS

FROM_ENVIRONMENT = "sk-of-the-callers-environment"
FROM_CONFIG = "sk-written-into-the-config"
KEYS = (FROM_ENVIRONMENT, FROM_CONFIG)
ODD = ["a=b==", "it's", 'say "please"'.replace(" ", "_"), "$HOME${PATH}`id`", r"back\slash\n", "#;&|<>*?[]!~%"]

every_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(scope="module")
def model(engine: Engine) -> Iterator[Outside]:
    with Outside(engine) as upstream:
        upstream.play(lambda _: chat.stream(text("from outside")))
        yield upstream


def provider(upstream: Outside, name: str, key: str) -> dict[str, object]:
    return {"name": name, "api_base_url": f"{upstream.url}/v1", "api_key": key, "models": ["m"]}


@pytest.fixture(scope="module")
def shared(shared_container: StartContainer, model: Outside) -> Container:
    providers = [provider(model, "env", "$SCRIPTED_API_KEY"), provider(model, "file", FROM_CONFIG)]
    odd = {f"ODD{number}_API_KEY": value for number, value in enumerate(ODD)}
    providers += [provider(model, f"odd{number}", f"$ODD{number}_API_KEY") for number in range(len(ODD))]
    config = {"Providers": providers, "Router": {"default": "env,m"}}
    return shared_container("router", config=config, SCRIPTED_API_KEY=FROM_ENVIRONMENT, **odd)


def as_developer(container: Container, script: str, check: bool = True) -> Done:
    return container.ssh("bash", "-s", text=script, check=check)


def key_sent(container: Container, upstream: Outside, target: str) -> str:
    """The key with which the router asks the provider."""
    body = {"model": target, "max_tokens": 9, "stream": True, "messages": [{"role": "user", "content": "hi"}]}
    ask = "curl -sS -H 'Content-Type: application/json' -H \"Authorization: Bearer $ANTHROPIC_AUTH_TOKEN\""
    before = len(upstream.requests)
    done = as_developer(container, f"{ask} $ANTHROPIC_BASE_URL/v1/messages -d {shlex.quote(json.dumps(body))}")
    assert "from outside" in done.stdout
    (request,) = upstream.requests[before:]
    return request.headers["authorization"].removeprefix("Bearer ")


# --- the router has the keys ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("target", "key"), [("env,m", FROM_ENVIRONMENT), ("file,m", FROM_CONFIG)])
def test_the_provider_sees_the_key_that_the_host_has(shared: Container, model: Outside, target: str, key: str) -> None:
    assert key_sent(shared, model, target) == key


@pytest.mark.parametrize("number", range(len(ODD)), ids=ODD)
def test_a_key_of_odd_characters_arrives_unchanged(shared: Container, model: Outside, number: int) -> None:
    assert key_sent(shared, model, f"odd{number},m") == ODD[number]


def test_a_key_that_can_be_none_ends_the_start_with_the_reason(container: StartContainer, model: Outside) -> None:
    config = {"Providers": [provider(model, "env", "$SCRIPTED_API_KEY")], "Router": {"default": "env,m"}}
    with pytest.raises(AssertionError, match=r"Providers\[0\].api_key: has spaces or characters that no key has"):
        container(config=config, SCRIPTED_API_KEY="two words")


def test_a_repository_does_not_say_which_keys_go_where(container: StartContainer, tmp_path: Path) -> None:
    name = f"ccr-test-{os.getpid()}-repository"
    wish = tmp_path / name / "workspace" / "litellm_config.yaml"
    wish.parent.mkdir(parents=True)
    wish.write_text("model_list: [{litellm_params: {api_base: 'http://evil', api_key: os.environ/CALLERS_SECRET}}]")
    running = container(name=name, CALLERS_SECRET=FROM_ENVIRONMENT)
    delivered = running.execute("bash", "-c", "cd /var/lib/ccr; cat keys; ls .claude-code-router", user="router").stdout
    assert FROM_ENVIRONMENT not in delivered
    assert "litellm_config.yaml" not in delivered


# --- developer does not --------------------------------------------------------------------------------------------------


@every_kind
def test_no_session_has_a_key_in_its_environment(shared: Container, kind: str) -> None:
    seen = KINDS[kind](shared, "env")
    assert "HOME=/home/developer" in seen
    assert [key for key in KEYS if key in seen] == []


SEARCH = (
    "timeout 60 grep --recursive --text --files-with-matches --fixed-strings --file=- {} 2>/dev/null <<'KEYS'\n{}\nKEYS"
)


def test_developer_finds_a_key_in_no_file(shared: Container) -> None:
    search = SEARCH.format("--exclude-dir=proc --exclude-dir=sys /", "\n".join(KEYS))
    as_developer(shared, "echo it is looked for here: $ANTHROPIC_AUTH_TOKEN >/tmp/looked-for")
    found = as_developer(
        shared, f"{search}\n{search.replace(FROM_CONFIG, 'it is looked for here')}", check=False
    ).stdout
    assert found.split() == ["/tmp/looked-for"]


def test_the_same_search_finds_both_in_the_routers_files(shared: Container) -> None:
    search = SEARCH.format("/var/lib/ccr", "\n".join(KEYS))
    found = shared.execute("bash", "-s", user="router", text=search).stdout.split()
    assert sorted(found) == ["/var/lib/ccr/.claude-code-router/config.json", "/var/lib/ccr/keys"]


WATCH = """
import glob, subprocess, sys
keys = [line.encode() for line in sys.stdin.read().split()]
seen = set()
restart = subprocess.Popen(["ccr", "restart"], stdout=subprocess.DEVNULL)
while restart.poll() is None:
    for path in glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/environ"):
        try:
            words = open(path, "rb").read()
        except OSError:
            continue
        seen.update(path for key in keys if key in words)
print("found:", *sorted(seen))
"""


def test_a_key_is_in_no_process_that_developer_can_read_also_while_the_router_starts(shared: Container) -> None:
    shared.execute("bash", "-c", "cat >/tmp/watch.py", text=WATCH)
    assert shared.ssh("python3", "/tmp/watch.py", text="\n".join(KEYS)).stdout == "found:\n"


@pytest.mark.parametrize("command", ["status", "status --json", "config show", "env", "env --json", "logs", "models"])
def test_ccr_tells_developer_no_key(shared: Container, command: str) -> None:
    done = shared.ssh("ccr", command, check=False)
    assert done.stdout
    assert [key for key in KEYS if key in done.stdout + done.stderr] == []


def test_the_engine_tells_no_key(shared: Container, engine: Engine) -> None:
    asked = [
        engine.run("inspect", shared.name),
        engine.run("inspect", shared.image),
        engine.run("history", "--no-trunc", shared.image),
        engine.run("logs", shared.name),
    ]
    told = "".join(done.stdout + done.stderr for done in asked)
    assert "ccr" in told
    assert [key for key in KEYS if key in told] == []


def test_what_somebody_gave_by_the_engines_environment_is_the_routers_too(
    container: StartContainer, model: Outside
) -> None:
    config = {"Providers": [provider(model, "env", "$PLAIN_TOKEN")], "Router": {"default": "env,m"}}
    running = container(config=config, CCR_ENGINE_ARGS=f"-e PLAIN_TOKEN={FROM_ENVIRONMENT}")
    assert key_sent(running, model, "env,m") == FROM_ENVIRONMENT
    ours = [
        running.ssh("env"),
        running.execute(AS_DEVELOPER, "env"),
        as_developer(running, "cat /proc/*/environ", False),
    ]
    assert [done for done in ours if FROM_ENVIRONMENT in done.stdout] == []


# --- and cannot get at who does --------------------------------------------------------------------------------------------

SECRETS = {
    "/var/lib/ccr/keys": "router",
    "/var/lib/ccr/.claude-code-router/config.json": "router",
    "/run/router/environment": "router",
    "/var/lib/ssh/ssh_host_ed25519_key": "root",
    "/run/etc/shadow": "root",
}


@pytest.mark.parametrize("path", SECRETS)
def test_files_with_secrets_are_closed_to_developer(shared: Container, path: str) -> None:
    shared.execute("test", "-s", path, user=SECRETS[path])
    assert "Permission denied" in shared.ssh("cat", path, check=False).stderr


def pid(container: Container, pattern: str) -> str:
    return container.execute("pgrep", "-o", "-f", pattern).stdout.strip()


OTHERS = {"the router": "ccr start --foreground", "sshd": "sshd.*listener", "s6": "^s6-svscan", "log": "^s6-log"}


@pytest.mark.parametrize("whose", OTHERS)
def test_developer_can_neither_signal_nor_read_nor_trace_other_users_processes(shared: Container, whose: str) -> None:
    number = pid(shared, OTHERS[whose])
    trace = f"import ctypes; print(ctypes.CDLL(None).ptrace(16, {number}, None, None))"
    done = as_developer(
        shared,
        f"""kill -0 {number}; for file in environ mem maps; do head -c 1 /proc/{number}/$file; done
        ls /proc/{number}/fd; python3 -c {shlex.quote(trace)}""",
        check=False,
    )
    assert done.stdout == "-1\n"
    assert done.stderr.count("Operation not permitted") == 1
    assert done.stderr.count("Permission denied") == 4


def test_developer_writes_at_home_in_the_workspace_and_in_temporary_places_only(shared: Container) -> None:
    others = "-path /proc -prune -o -path /sys -prune -o -path /home/developer -prune -o -path /workspace -prune"
    found = as_developer(shared, f"find / {others} -o -not -type l -writable -print 2>/dev/null", check=False).stdout
    places = {path for path in found.split() if not path.startswith(("/tmp/", "/dev/"))}
    assert places == {"/tmp"}


def test_developer_starts_and_stops_the_router(shared: Container) -> None:
    before = pid(shared, OTHERS["the router"])
    shared.ssh("ccr", "stop")
    assert shared.execute("pgrep", "-f", OTHERS["the router"], check=False).stdout == ""
    shared.ssh("ccr", "start")
    assert pid(shared, OTHERS["the router"]) not in {"", before}


@pytest.mark.parametrize(
    "command",
    [
        "s6-svc -d /run/s6/sshd",
        "s6-svc -d /run/s6/router/log",
        "s6-svscanctl -t /run/s6",
        "echo t >/run/s6/.s6-svscan/control",
        "ln -sf /workspace/mine /run/s6/router/run",
        "ln -sf /workspace/mine /run/ccr/managed-settings.json",
        "rm /etc/claude-code/managed-settings.d/50-ccr.json",
    ],
)
def test_developer_has_no_say_over_what_root_runs_and_reads(shared: Container, command: str) -> None:
    done = shared.ssh(command, check=False)
    assert done.returncode != 0
    assert "ermission denied" in done.stderr or "Read-only file system" in done.stderr


# --- what lies in wait for the next start ------------------------------------------------------------------------------------

TRAPS = """
cd && rm -rf .claude .claude.json .bashrc
ln -s /var/lib/ssh .claude
ln -s /run/etc/shadow .bashrc
ln -s /var/lib/ccr/keys .claude.json
ln -s /var/lib/ssh/ssh_host_ed25519_key host-key
"""
OWNERS = "stat -c '%U %a %n' /var/lib/ssh /var/lib/ssh/ssh_host_ed25519_key /var/lib/ccr /run/etc/shadow"


def test_links_at_home_lead_nobody_astray_at_the_next_start(container: StartContainer) -> None:
    running = container()
    before = running.execute("bash", "-c", OWNERS).stdout
    as_developer(running, TRAPS)
    running.script("down")
    running.start("router", DEV_UID="1234", DEV_GID="1234")
    assert running.execute("bash", "-c", OWNERS).stdout == before
    assert running.ssh("stat", "-c", "%u", "host-key", ".").stdout == "1234\n1234\n"


def test_a_home_that_cannot_be_furnished_does_not_keep_its_owner_out(container: StartContainer) -> None:
    running = container()
    as_developer(running, "rm -rf ~/.claude && ln -s /nowhere/at/all ~/.claude")
    running.script("down")
    running.start()
    assert running.ssh("id", "-un").stdout == "developer\n"


def test_a_name_for_git_brings_nothing_but_a_name(container: StartContainer) -> None:
    name = 'A "B" C\\D $(id) [core]\n\teditor = mine #'
    running = container(GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="user.name", GIT_CONFIG_VALUE_0=name)
    assert running.ssh("git", "config", "user.name").stdout == name.replace("\n", "") + "\n"
    assert running.ssh("git", "config", "core.editor", check=False).stdout == ""
