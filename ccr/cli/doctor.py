"""doctor"""

import contextlib
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ccr import env
from ccr.cli import output
from ccr.cli.output import Exit, Style
from ccr.cli.service import now
from ccr.messages.json import JsonObject
from ccr.service.doctor.finding import Finding, State

if TYPE_CHECKING:
    from ccr.service.doctor.finding import Check

STYLES: dict[State, Style] = {"ok": "good", "warning": "bold", "problem": "bad", "skipped": "dim"}
WIDTH = max(map(len, STYLES))

Json = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


def add_to(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(
    live: Annotated[bool, typer.Option("--live", help="Send each provider one tiny request, too.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Leave out the run of the real claude.")] = False,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="CHECK", help="This check alone; may be repeated.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Look for what is wrong, and say what to do.

    Nothing is changed and nothing is sent to a provider but with --live. Exit code 1: there are problems.
    """
    from ccr.service.doctor import checks

    asked = checks.chosen(only or (), live=live, quick=quick)
    with as_by_ctrl_c():
        return _examined(asked, as_json=as_json)


@contextlib.contextmanager
def as_by_ctrl_c() -> Iterator[None]:
    """Who ends it otherwise, as `timeout` and a closed terminal do, gets it cleaned up too; asking again does not end
    the cleaning."""
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    ends = [each for each, handler in before.items() if handler not in (signal.SIG_IGN, None)]  # as nohup wants it

    def end(number: int, frame: object) -> NoReturn:
        for each in ends:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    for each in ends:
        signal.signal(each, end)
    try:
        yield
    finally:
        for each in ends:
            signal.signal(each, before[each])


def _examined(asked: Sequence["Check"], *, as_json: bool) -> int:
    from ccr.service.doctor import examine
    from ccr.service.doctor.finding import surroundings

    here = surroundings(env.current(), Path.cwd(), now(), env.changed())
    found: dict[str, tuple[Finding, ...]] = {}
    results = examine.examine(asked, here)
    for check in asked:
        progress(f"{check.name} …", silent=as_json)
        _, found[check.name] = next(results)
        progress("", silent=as_json)
        if not as_json:
            show(found[check.name])
    return conclude([(name, each) for name, several in found.items() for each in several], as_json=as_json)


def progress(text: str, *, silent: bool) -> None:
    """One line that the next one replaces, where a person sees it."""
    if not silent and sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text}")
        sys.stderr.flush()


def show(findings: Iterable[Finding]) -> None:
    for each in findings:
        first, *others = each.seen.splitlines() or [""]
        output.say(output.styled(each.state.ljust(WIDTH), STYLES[each.state]), f"  {each.title}: {first}")
        for line in (*others, *([f"-> {each.remedy}"] if each.remedy else [])):
            output.say(f"{' ' * WIDTH}  {line}")
    sys.stdout.flush()


def conclude(findings: list[tuple[str, Finding]], *, as_json: bool, well: str = "all is well") -> int:
    """The end of it, and the exit code."""
    states = [each.state for _, each in findings]
    problems, warnings = states.count("problem"), states.count("warning")
    if as_json:
        listed: list[JsonObject] = [{"check": name, **each.as_json()} for name, each in findings]
        output.show_json({"ok": not problems, "problems": problems, "warnings": warnings, "findings": listed})
    elif problems or warnings:
        output.say(f"{output.counted(problems, 'problem')}, {output.counted(warnings, 'warning')}")
    else:
        output.say(well if set(states) - {"skipped"} else "nothing was looked at")
    return Exit.FAILED if problems else Exit.OK
