"""People in their own shells: activated, nested, deactivated, with Tab; typed into a terminal."""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import StartRouter
from tests.support.running import CLAUDE, KEY, Person, Router, bare_environment
from tests.support.screen import Screen

SHELLS = {
    "bash": ("bash", "--norc", "--noprofile"),
    "zsh": ("zsh", "-f"),
    "fish": ("fish", "--no-config"),
}
DUMP = "python3 -c 'import json,os,sys; json.dump(dict(os.environ), open(sys.argv[1], \"w\"))'"
OWN = ("_", "OLDPWD", "SHLVL", "PWD", "COLUMNS", "LINES", "FISH_VERSION")


class Seat:
    """Somebody at a shell; ccr is on the PATH, and a router runs elsewhere."""

    def __init__(self, screen: Screen, shell: str, folder: Path) -> None:
        self._screen = screen
        self._number = 0
        self._folder = folder
        self.shell = shell

    def say(self, line: str) -> None:
        self._number += 1
        self._screen.type(
            f"{line}; echo done-$(( {self._number} ))"
            if self.shell != "fish"
            else f"{line}; echo done-(math {self._number})"
        )
        self._screen.press("Enter")
        self._screen.wait_for(f"\ndone-{self._number}\n")

    def wait_for(self, text: str) -> None:
        self._screen.wait_for(text)

    def try_tab(self, typed: str, expected: str) -> None:
        self._screen.type(typed)
        self._screen.press("Tab")
        self._screen.wait_for(expected)
        self._screen.press("C-c")

    def environment(self) -> dict[str, str]:
        path = self._folder / f"env-{self._number}.json"
        self.say(f"{DUMP} {path}")
        said: dict[str, str] = json.loads(path.read_text())
        return {name: value for name, value in said.items() if name not in OWN}


@pytest.fixture(params=list(SHELLS))
def seat(request: pytest.FixtureRequest, person: Person, router: Router) -> Iterator[Seat]:
    argv = SHELLS[request.param]
    if not shutil.which(argv[0]):
        pytest.skip(f"{argv[0]} is not installed")
    ccr = person.folder / "bin" / "ccr"
    ccr.parent.mkdir()
    ccr.write_text(f'#!/bin/sh\nexec {sys.executable} -m ccr "$@"\n')
    ccr.chmod(0o755)
    own = {"CCR_ROUTER": router.url, "CCR_API_KEY": KEY, "CLAUDE_PATH": str(CLAUDE), "ANTHROPIC_API_KEY": "it's `mine`"}
    plain = bare_environment(person.home)
    env = {**plain, **own, "PATH": f"{ccr.parent}:{plain['PATH']}", "SHELL": "/bin/sh", "API_TIMEOUT_MS": ""}
    with Screen(argv, env, person.work) as screen:
        yield Seat(screen, request.param, person.folder)


def activate(seat: Seat, *options: str) -> str:
    command = " ".join(("ccr activate", *options))
    return f"{command} | source" if seat.shell == "fish" else f'eval "$({command})"'


def test_all_is_undone_to_the_letter(seat: Seat, router: Router) -> None:
    before = seat.environment()
    seat.say(activate(seat))
    seat.say(activate(seat))
    inside = seat.environment()
    assert inside["ANTHROPIC_BASE_URL"] == router.url
    assert "ANTHROPIC_API_KEY" not in inside
    seat.say('eval "$(ccr deactivate)"')
    assert seat.environment() == before
    seat.say('eval "$(ccr deactivate)"')
    assert seat.environment() == before


def test_another_router_takes_the_place_of_the_first(seat: Seat, start_router: StartRouter) -> None:
    before = seat.environment()
    seat.say(activate(seat))
    other = start_router({"Router": {"default": "chat,m", "background": "chat,cheap"}})
    change = f"set -gx CCR_ROUTER {other.url}" if seat.shell == "fish" else f"export CCR_ROUTER={other.url}"
    seat.say(change)
    seat.say(activate(seat))
    assert seat.environment()["ANTHROPIC_BASE_URL"] == other.url
    seat.say('eval "$(ccr deactivate)"')
    assert seat.environment() == {**before, "CCR_ROUTER": other.url}


def test_tab_completes_commands_and_routes(seat: Seat) -> None:
    if seat.shell == "zsh":
        seat.say("autoload -Uz compinit && compinit -D -u")
    seat.say(f"ccr completion {seat.shell} > script; source ./script")
    seat.try_tab("ccr deac", "ccr deactivate")
    seat.try_tab("ccr code --context defa", "ccr code --context default")


def test_a_shell_within_a_shell_ends_where_it_began(seat: Seat, router: Router) -> None:
    seat.say(activate(seat))
    outer = seat.environment()
    seat.say(
        "SHELL=/bin/bash ccr shell -c 'eval \"$(ccr deactivate)\"; echo key=$ANTHROPIC_API_KEY url=$ANTHROPIC_BASE_URL.'"
    )
    seat.wait_for("key=it's `mine` url=.")
    assert seat.environment() == outer
