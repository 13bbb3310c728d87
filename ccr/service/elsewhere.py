"""A router that somebody else runs: known by its address and asked over HTTP, as its files cannot be read from here.

Where it is a service of s6's, that starts and stops it. What stands at the address may be LiteLLM's proxy, too.
"""

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from ccr.config import files
from ccr.config.schema import Config
from ccr.config.show import text
from ccr.errors import ConfigInvalid, ServiceProblem
from ccr.messages.json import JsonObject
from ccr.service import configured, health
from ccr.service.configured import Configured
from ccr.service.health import Details, Health
from ccr.service.outdated import Tell
from ccr.service.process import PATIENCE, Options, Stopped
from ccr.service.sessions import Session
from ccr.service.status import BEGIN_ANEW, Status
from ccr.service.supervisor import Seen, Service

ON_THE_HOST = "change ~/.claude-code-router/config.json on the host, then `make shell-router` or `ccr up` there"
THERE = "it is started and stopped where it runs"
STARTING = 60.0  # seconds; LiteLLM takes its time
# Paths on the router's side.
ITS_PATHS = ("CLAUDE_PATH", "CUSTOM_ROUTER_PATH", "transformers")


def named(env: Mapping[str, str]) -> "Elsewhere | None":
    """The router at CCR_ROUTER, if that is set."""
    address, folder = env.get("CCR_ROUTER", "").rstrip("/"), env.get("CCR_SERVICE")
    if not address:
        if folder:
            raise ServiceProblem(f"CCR_SERVICE is {folder}, and CCR_ROUTER does not say where that router listens")
        return None
    if not _is_address(address):
        raise ServiceProblem(f"CCR_ROUTER is {address}; it is to be an address like http://127.0.0.1:3456")
    return Elsewhere(address, Service(Path(folder), env) if folder else None, env)


def _is_address(text: str) -> bool:
    try:
        place = urlsplit(text)
        return bool(place.scheme == "http" and place.hostname and place.port is not None and not place.path)
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Answer:
    health: Health
    details: Details

    @property
    def is_ours(self) -> bool:
        return bool(self.details.version)

    @property
    def refuses_key(self) -> bool:
        return self.is_ours and self.details.pid is None


class Elsewhere:
    def __init__(self, address: str, service: Service | None, env: Mapping[str, str]) -> None:
        self._address = address
        self._service = service
        self._env = env
        self._key = env.get("CCR_API_KEY") or env.get("ANTHROPIC_AUTH_TOKEN") or ""

    @property
    def _name(self) -> str:
        return self._service.name if self._service else "router"

    @property
    def _called(self) -> str:
        return f"the {self._name} at {self._address}"

    def status(self, now: float) -> Status:
        seen = self._service.seen() if self._service else None
        answer = None if seen and not seen.up else self._ask()
        if answer is None and (seen is None or not seen.up):
            return Status("not running", self._address, remedy=self._how_to_start(seen))
        said = answer.details if answer else Details()
        well = answer is not None and answer.health.ok
        since = now - said.started if said.started is not None else seen.seconds if seen else None
        return Status(
            "running" if well else "unhealthy",
            self._address,
            (seen and seen.pid) or said.pid,
            since if since is None else max(0.0, since),
            said.config,
            said,
            self._remedy(answer),
            name=self._name if self._service or answer is None or answer.is_ours else "litellm",
        )

    def _how_to_start(self, seen: Seen | None) -> str:
        if seen is None:
            return f"nothing answers at {self._address}: {THERE}"
        if seen.ended:
            return f"it ended with {seen.ended}: `ccr logs --process` says why, `ccr start` tries again"
        return "`ccr start` starts it"

    def _remedy(self, answer: Answer | None) -> str | None:
        if answer is None or not answer.health.ok:
            return BEGIN_ANEW if self._service else THERE
        if answer.details.rejected:
            return f"until it is mended the router goes on with what it had: {ON_THE_HOST}"
        return self._wrong_key() if answer.refuses_key else None

    def _wrong_key(self) -> str:
        if not self._key:
            return "this shell has no key for it: set CCR_API_KEY or ANTHROPIC_AUTH_TOKEN"
        name = "CCR_API_KEY" if self._env.get("CCR_API_KEY") else "ANTHROPIC_AUTH_TOKEN"
        return f"the key in {name} is not the router's"

    def configured(self) -> Configured:
        answer = self._answer()
        if not answer.is_ours:
            return Configured(Config(), self._key, self._address, None, models=self._models())
        if answer.refuses_key:
            raise ServiceProblem(f"{self._called}: {self._wrong_key()}")
        config = replace(configured.told(answer.details), claude_path=None, custom_router=None)
        return Configured(config, self._key, self._address, None, answer.details.rejected)

    def _models(self) -> tuple[str, ...]:
        """What LiteLLM offers; its key is tried with that."""
        answer = health.ask(self._address, self._key, timeout=10.0, path="/v1/models")
        if answer and answer.status in (401, 403):
            raise ServiceProblem(f"{self._called}: {self._wrong_key()}")
        listed = answer.said.get("data") if answer else None
        names = [each.get("id") for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
        return tuple(name for name in names if isinstance(name, str))

    def _ask(self) -> Answer | None:
        """LiteLLM's /health would try every model, so its liveliness comes first; a router of ours does not serve that."""
        lives = health.ask(self._address, path="/health/liveliness")
        answer = lives if lives is None or lives.ok else health.ask(self._address, self._key)
        return Answer(answer, health.details(answer.said)) if answer else None

    def _answer(self) -> Answer:
        answer = self._ask()
        if answer is None:
            raise ServiceProblem(
                f"{self._called} does not answer; {'`ccr start` starts it' if self._service else THERE}"
            )
        return answer

    def _details(self) -> Details:
        """What a router of ours tells those who have its key."""
        answer = self._answer()
        if not answer.is_ours:
            raise ServiceProblem(f"{self._called} is not a router of ccr's: it tells no configuration")
        if answer.refuses_key:
            raise ServiceProblem(f"{self._called}: {self._wrong_key()}")
        return answer.details

    def start(self, options: Options, tell: Tell) -> bool:
        service = self._managed(options)
        seen, answer, mark = service.seen(), self._ask(), service.printed()
        if seen.up and answer and answer.health.ok:
            return False
        service.send("u")
        self._await(service, mark)
        return not seen.up

    def restart(self, options: Options) -> None:
        """A broken file leaves the running router alone."""
        service = self._managed(options)
        seen, mark = service.seen(), service.printed()
        answer = self._ask() if seen.up else None
        if answer and answer.details.rejected:
            left = f"the router (pid {seen.pid}) was left running as it is"
            raise ConfigInvalid(f"{answer.details.rejected}\n{left}")
        service.send("ru")
        if seen.up and not _within(PATIENCE, lambda: service.seen().pid != seen.pid):
            service.send("k")
        self._await(service, mark, before=seen.pid)

    def stop(self, within: float, *, now: bool) -> Stopped | None:
        service = self._managed(Options())
        seen, begin = service.seen(), time.monotonic()
        service.send("dk" if now else "d")
        if seen.pid is None:
            return None
        drained = not now and _within(within, lambda: not service.seen().up)
        if not drained:
            service.send("k")
            if not _within(5.0, lambda: not service.seen().up):
                raise ServiceProblem(f"the {service.name} (pid {seen.pid}) does not end, not even killed")
        return Stopped(seen.pid, "drained" if drained else "killed", time.monotonic() - begin)

    def _managed(self, options: Options) -> Service:
        if self._service is None:
            raise ServiceProblem(f"{self._called} is not run from here; {THERE}")
        if options != Options():
            raise ServiceProblem(f"{self._called} takes no options: it goes by its configuration; {ON_THE_HOST}")
        return self._service

    def _await(self, service: Service, mark: int, before: int | None = None) -> None:
        """Returns when it answers. Raises when it ends before, whether or not s6 would try again."""
        seen_alive: set[int] = set()
        begin = time.monotonic()
        while True:
            seen, passed = service.seen(), time.monotonic() - begin
            if seen.pid not in (None, before):
                seen_alive.add(seen.pid or 0)
            given_up = not seen.up and not seen.wanted and (seen_alive or passed > 1.0)  # s6 takes a moment to hear us
            if given_up or len(seen_alive) > 1:
                raise self._failure(service, f"ends at once{f' ({seen.ended})' if seen.ended else ''}", mark)
            answer = self._ask() if seen_alive else None
            if answer and answer.health.ok:
                return
            if passed > STARTING:
                raise self._failure(service, f"does not answer within {STARTING:.0f} s", mark)
            time.sleep(0.05)

    def _failure(self, service: Service, what: str, mark: int) -> ServiceProblem:
        _within(0.5, lambda: bool(service.last_words(mark)))  # s6-log is a process of its own
        said = service.last_words(mark) or "(it said nothing)"
        return ServiceProblem(f"{self._called} {what}; it said:\n{said}\nto mend it, {ON_THE_HOST}")

    def ready(self, tell: Tell) -> None:
        self._answer()

    @contextlib.contextmanager
    def session(self, tell: Tell) -> Iterator[Session]:
        self._answer()
        with tempfile.TemporaryDirectory(prefix="ccr-") as folder:
            yield Session(None, Path(folder))

    @property
    def source(self) -> str | None:
        return self._details().config

    def config(self) -> Config:
        said = self._details()
        if said.rejected:
            raise ConfigInvalid(said.rejected)
        return configured.told(said)

    def settings(self) -> JsonObject:
        return configured.settings(self._details())

    def file(self) -> Path | None:
        raise ServiceProblem(
            f"the configuration belongs to {self._called} and cannot be reached from here; {ON_THE_HOST}"
        )

    @contextlib.contextmanager
    def replica(self, tell: Tell) -> Iterator[tuple[Path | None, Mapping[str, str]]]:
        settings = configured.readable(self._details())
        if settings.get("CUSTOM_ROUTER_PATH"):
            tell("the router's own script (CUSTOM_ROUTER_PATH) cannot be reached from here, and is not asked")
        with tempfile.TemporaryDirectory(prefix="ccr-") as folder:
            path = Path(folder) / "config.json"
            path.write_text(text({name: value for name, value in settings.items() if name not in ITS_PATHS}))
            plain = {name: self._env[name] for name in ("PATH", "HOME") if name in self._env}
            yield path, {**plain, "CCR_HOME": folder}

    @property
    def log(self) -> Path:
        if not self._env.get("CCR_LOGS"):
            raise ServiceProblem(
                f"the log of {self._called} is kept where it runs; CCR_LOGS names its folder, if it is here"
            )
        return files.request_log(self._env)

    @property
    def output(self) -> Path:
        return self._managed(Options()).output


def _within(seconds: float, is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
