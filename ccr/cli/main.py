"""The one door: a command runs, and its errors become a line and an exit code."""

import sys
from collections.abc import Sequence

from ccr import env
from ccr.cli import output
from ccr.cli.output import Exit
from ccr.cli.quick import QUICK
from ccr.errors import CcrError


def run(arguments: Sequence[str]) -> int:
    """Nothing but its exit code and its lines comes out."""
    try:
        return _answer(tuple(arguments))
    except KeyboardInterrupt:
        output.warn("interrupted")
        return Exit.INTERRUPTED
    except BrokenPipeError:
        sys.stdout = None  # nobody reads any more: nothing to flush at the end
        return Exit.FAILED
    except CcrError as problem:
        return _failed(problem.message)
    except OSError as problem:
        return _failed(f"{problem.filename}: {problem.strerror}" if problem.filename else str(problem))
    except Exception as fault:  # noqa: BLE001 - the last wall: a fault of ours is one line too
        return _failed(f"a fault in ccr itself: {type(fault).__name__}: {fault}; CCR_DEBUG=1 shows where")


def _failed(why: str) -> int:
    output.warn(why)
    if env.current().get("CCR_DEBUG"):
        import traceback

        output.note(traceback.format_exc())
    return Exit.FAILED


def _answer(arguments: tuple[str, ...]) -> int:
    if arguments in QUICK:
        QUICK[arguments]()
        return Exit.OK
    from ccr.cli.commands import dispatch

    return dispatch(arguments)
