from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from ccr.config import files
from ccr.errors import ConfigInvalid, ServiceProblem
from ccr.service import elsewhere
from ccr.service.elsewhere import Elsewhere
from ccr.service.process import Options
from tests.support.pages import KEY, SETTINGS, Pages
from tests.support.s6 import ANEW, BETWEEN, DOWN, GIVEN_UP, S6, STOPPING, UP

NOWHERE = "http://127.0.0.1:1"

At = Callable[..., Elsewhere]


def named(env: Mapping[str, str]) -> Elsewhere:
    found = elsewhere.named(env)
    assert found is not None
    return found


@pytest.fixture
def there(pages: Pages) -> Elsewhere:
    """A router of ours that somebody else runs, and that cannot be started from here."""
    pages.router()
    return named({"CCR_ROUTER": pages.address, "CCR_API_KEY": KEY})


@pytest.fixture
def managed(pages: Pages, s6: S6, environment: dict[str, str]) -> Elsewhere:
    """One that is a service of s6's."""
    pages.router()
    s6.says(UP)
    return named({"CCR_ROUTER": pages.address, "CCR_API_KEY": KEY, **s6.environment(environment["PATH"])})


def never(line: str) -> None:
    raise AssertionError(line)


def test_without_an_address_there_is_none() -> None:
    assert elsewhere.named({"CCR_ROUTER": ""}) is None


@pytest.mark.parametrize(
    "address", ["127.0.0.1:3456", "http://127.0.0.1", "https://a:1", "http://a:b", "http://a:1/v1"]
)
def test_what_is_no_address_is_said(address: str) -> None:
    with pytest.raises(ServiceProblem, match=f"CCR_ROUTER is {address}; it is to be an address like http://"):
        elsewhere.named({"CCR_ROUTER": address})


def test_a_service_without_an_address_is_said() -> None:
    with pytest.raises(ServiceProblem, match="CCR_ROUTER does not say where"):
        elsewhere.named({"CCR_SERVICE": "/run/s6/router"})


def test_its_configuration_is_what_it_tells(there: Elsewhere, pages: Pages) -> None:
    here = there.configured()
    assert (here.address, here.key, here.warning) == (pages.address, KEY, None)
    assert here.config.client_timeout_ms == 4321
    assert {name: str(target) for name, target in here.config.routes.targets.items()} == SETTINGS["Router"]


def test_paths_on_its_side_mean_nothing_here(there: Elsewhere) -> None:
    assert there.configured().config.claude_path is None


def test_the_key_of_claude_code_does_too(pages: Pages) -> None:
    pages.router()
    assert named({"CCR_ROUTER": f"{pages.address}/", "ANTHROPIC_AUTH_TOKEN": KEY}).configured().key == KEY


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ({}, "this shell has no key for it: set CCR_API_KEY or ANTHROPIC_AUTH_TOKEN"),
        ({"CCR_API_KEY": "other"}, "the key in CCR_API_KEY is not the router's"),
        ({"ANTHROPIC_AUTH_TOKEN": "other"}, "the key in ANTHROPIC_AUTH_TOKEN is not the router's"),
    ],
)
def test_a_key_that_it_does_not_take_is_named(pages: Pages, keys: dict[str, str], why: str) -> None:
    pages.router()
    router = named({"CCR_ROUTER": pages.address, **keys})
    with pytest.raises(ServiceProblem) as problem:
        router.configured()
    assert problem.value.message == f"the router at {pages.address}: {why}"
    assert router.status(now=0.0).remedy == why


def test_a_file_that_it_rejects_is_a_warning(there: Elsewhere, pages: Pages) -> None:
    pages.router(rejected="config.json: PORT: not a number")
    assert "ccr config validate" in str(there.configured().warning)
    with pytest.raises(ConfigInvalid, match="PORT: not a number"):
        there.config()


def test_what_it_noticed_is_a_note_of_its_configuration(there: Elsewhere) -> None:
    assert [str(notice) for notice in there.config().notices] == ["Router.think: unused"]
    assert there.source == "/var/lib/ccr/config.json"


def test_all_that_holds_is_told(there: Elsewhere) -> None:
    assert there.settings() == SETTINGS


def test_without_a_provider_the_guide_stands_here_too(there: Elsewhere, pages: Pages) -> None:
    guide = {"name": "guide", "api_base_url": "guide:", "models": ["guide"], "dialect": "anthropic"}
    pages.router(settings={"Providers": [guide], "Router": {"default": "guide,guide"}})
    assert str(there.configured().config.routes.get("default")) == "guide,guide"


def test_its_file_is_out_of_reach(there: Elsewhere) -> None:
    with pytest.raises(ServiceProblem, match=r"cannot be reached from here; change .*config.json on the host, then"):
        there.file()


def test_a_replica_decides_as_it_does(there: Elsewhere) -> None:
    with there.replica(never) as (path, env):
        config = files.load(path, env)
    assert str(config.routes.get("background")) == "or,b"


def test_a_replica_is_without_the_script(there: Elsewhere, pages: Pages) -> None:
    pages.router(settings={**SETTINGS, "CUSTOM_ROUTER_PATH": "/var/lib/ccr/router.js"})
    said: list[str] = []
    with there.replica(said.append) as (path, env):
        assert files.load(path, env).custom_router is None
    assert said == ["the router's own script (CUSTOM_ROUTER_PATH) cannot be reached from here, and is not asked"]


def test_a_replica_is_without_transformers_of_the_routers_own(there: Elsewhere, pages: Pages) -> None:
    pages.router(settings={**SETTINGS, "transformers": [{"path": "/var/lib/ccr/mine.py"}]})
    with there.replica(never) as (path, env):
        assert files.load(path, env).transformers == ()


def test_a_session_starts_nothing_and_has_a_folder_of_its_own(there: Elsewhere) -> None:
    with there.session(never) as session:
        assert session.router is None
        folder = session.folder
        assert folder.is_dir()
    assert not folder.exists()


def test_where_nothing_answers_a_session_does_not_begin() -> None:
    router = named({"CCR_ROUTER": NOWHERE, "CCR_API_KEY": KEY})
    with pytest.raises(ServiceProblem, match="does not answer; it is started and stopped where it runs"):
        router.ready(never)


def test_the_log_is_where_it_is_said_to_be(there: Elsewhere, pages: Pages) -> None:
    with pytest.raises(ServiceProblem, match="CCR_LOGS names its folder"):
        there.log  # noqa: B018
    router = named({"CCR_ROUTER": pages.address, "CCR_LOGS": "/var/log/ccr"})
    assert router.log == Path("/var/log/ccr/ccr.log")


def test_what_its_process_printed_is_s6s_log(managed: Elsewhere, s6: S6) -> None:
    assert managed.output == s6.output


def test_status_is_what_it_tells(there: Elsewhere, pages: Pages) -> None:
    found = there.status(now=100.0)
    assert (found.condition, found.address, found.pid, found.uptime) == ("running", pages.address, 7, 60.0)
    assert (found.config, found.remedy) == ("/var/lib/ccr/config.json", None)
    assert "settings" not in found.as_json()


def test_status_where_nothing_answers() -> None:
    found = named({"CCR_ROUTER": NOWHERE}).status(now=0.0)
    assert (found.condition, found.remedy) == (
        "not running",
        f"nothing answers at {NOWHERE}: it is started and stopped where it runs",
    )


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        (DOWN, "`ccr start` starts it"),
        (GIVEN_UP, "it ended with exit code 1: `ccr logs --process` says why, `ccr start` tries again"),
    ],
)
def test_a_service_that_is_down_is_not_running(managed: Elsewhere, s6: S6, said: str, remedy: str) -> None:
    s6.says(said)
    found = managed.status(now=0.0)
    assert (found.condition, found.remedy) == ("not running", remedy)


def test_a_service_that_answers_badly_is_unhealthy(managed: Elsewhere, pages: Pages) -> None:
    pages.unwell = True
    found = managed.status(now=0.0)
    assert (found.condition, found.pid) == ("unhealthy", 7)
    assert "ccr restart" in str(found.remedy)


@pytest.mark.parametrize("act", [lambda it: it.start(Options(), never), lambda it: it.restart(Options())])
def test_what_is_not_run_from_here_is_not_started(there: Elsewhere, act: Callable[[Elsewhere], None]) -> None:
    with pytest.raises(ServiceProblem, match=r"the router at http://.* is not run from here"):
        act(there)


def test_what_is_not_run_from_here_is_not_stopped(there: Elsewhere) -> None:
    with pytest.raises(ServiceProblem, match="is not run from here"):
        there.stop(1.0, now=False)


def test_a_service_takes_no_options(managed: Elsewhere, s6: S6) -> None:
    with pytest.raises(ServiceProblem, match=r"takes no options: .* on the host"):
        managed.start(Options(port=1), never)
    assert s6.sent == []


def test_one_that_runs_is_not_started_again(managed: Elsewhere, s6: S6) -> None:
    assert managed.start(Options(), never) is False
    assert s6.sent == []


def test_a_start_waits_until_it_answers(managed: Elsewhere, s6: S6) -> None:
    s6.says(DOWN)
    s6.after("-u", DOWN, ANEW)
    assert managed.start(Options(), never) is True
    assert s6.sent == ["-u"]


@pytest.mark.parametrize("then", [(ANEW, GIVEN_UP), (ANEW, BETWEEN, "true true 9 -1 NA 0")])
def test_one_that_ends_at_once_says_its_last_words(
    managed: Elsewhere, s6: S6, pages: Pages, then: tuple[str, ...]
) -> None:
    s6.says(DOWN)
    s6.output.write_text("ccr: of another day\n")
    s6.prints("ccr: config.json: PORT: not a number")
    s6.after("-u", *then)
    pages.unwell = True
    with pytest.raises(ServiceProblem, match="ends at once") as problem:
        managed.start(Options(), never)
    first, said, remedy = problem.value.message.splitlines()
    assert said == "config.json: PORT: not a number"
    assert "on the host" in remedy


def test_a_restart_waits_for_another_process(managed: Elsewhere, s6: S6) -> None:
    s6.after("-ru", UP, BETWEEN, ANEW)
    managed.restart(Options())
    assert s6.sent == ["-ru"]


def test_a_broken_file_leaves_it_running(managed: Elsewhere, s6: S6, pages: Pages) -> None:
    pages.router(rejected="config.json: broken")
    with pytest.raises(ConfigInvalid) as problem:
        managed.restart(Options())
    assert problem.value.message == "config.json: broken\nthe router (pid 7) was left running as it is"
    assert s6.sent == []


def test_stop_drains(managed: Elsewhere, s6: S6) -> None:
    s6.after("-d", STOPPING, DOWN)
    stopped = managed.stop(5.0, now=False)
    assert stopped
    assert (stopped.pid, stopped.how, s6.sent) == (7, "drained", ["-d"])


def test_stop_kills_what_does_not_end(managed: Elsewhere, s6: S6) -> None:
    s6.after("-d", STOPPING)
    s6.after("-k", DOWN)
    stopped = managed.stop(0.0, now=False)
    assert stopped
    assert (stopped.how, s6.sent) == ("killed", ["-d", "-k"])


def test_stop_now_does_not_ask(managed: Elsewhere, s6: S6) -> None:
    s6.after("-dk", DOWN)
    stopped = managed.stop(60.0, now=True)
    assert stopped
    assert stopped.how == "killed"


def test_one_between_two_tries_is_told_to_stay_down(managed: Elsewhere, s6: S6) -> None:
    s6.says(BETWEEN)
    assert managed.stop(1.0, now=False) is None
    assert s6.sent == ["-d"]


@pytest.fixture
def litellm(pages: Pages) -> Elsewhere:
    pages.litellm("claude-sonnet", "gpt")
    return named({"CCR_ROUTER": pages.address, "CCR_API_KEY": KEY})


def test_litellm_is_asked_only_whether_it_lives(litellm: Elsewhere, pages: Pages) -> None:
    found = litellm.status(now=0.0)
    assert (found.condition, found.remedy) == ("running", None)
    assert pages.asked == ["/health/liveliness"]
    assert found.name == "litellm"


def test_litellm_tells_its_models_and_no_routes(litellm: Elsewhere) -> None:
    here = litellm.configured()
    assert (here.models, dict(here.config.routes.targets)) == (("claude-sonnet", "gpt"), {})


def test_litellm_has_no_configuration_of_ours(litellm: Elsewhere) -> None:
    with pytest.raises(ServiceProblem, match="it tells no configuration"):
        litellm.settings()


def test_a_key_that_litellm_refuses_is_named(pages: Pages) -> None:
    pages.litellm()
    with pytest.raises(ServiceProblem, match="the key in CCR_API_KEY is not the router's"):
        named({"CCR_ROUTER": pages.address, "CCR_API_KEY": "other"}).configured()
