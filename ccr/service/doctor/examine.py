"""Runs checks. None raises, none is waited for longer than it may take, and those that wait do so side by side."""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

from ccr.errors import CcrError
from ccr.service.doctor.finding import Check, Finding, Surroundings, problem, skipped

T = TypeVar("T")


class Job(Generic[T]):
    """Work in a thread that nobody has to wait for: it is a daemon, as a name that is looked up cannot be interrupted."""

    def __init__(self, work: Callable[[], T], seconds: float) -> None:
        self._answer: queue.SimpleQueue[T] = queue.SimpleQueue()
        self._until = time.monotonic() + seconds
        threading.Thread(target=lambda: self._answer.put(work()), name="check", daemon=True).start()

    def answer(self) -> T | None:
        """None: it took too long."""
        try:
            return self._answer.get(timeout=max(0.0, self._until - time.monotonic()))
        except queue.Empty:
            return None


def examine(checks: Sequence[Check], surroundings: Surroundings) -> Iterator[tuple[Check, tuple[Finding, ...]]]:
    """In the checks' order."""
    jobs = {check.name: _job(check, surroundings) for check in checks if not check.alone}
    for check in checks:
        job = jobs.get(check.name)
        found = job.answer() if job else findings(check, surroundings)
        if found is None:
            found = (problem(check.name, f"no result within {check.seconds:g} s", "try again, with --only"),)
        yield check, tuple(map(surroundings.without_keys, found))


def _job(check: Check, surroundings: Surroundings) -> Job[tuple[Finding, ...]]:
    return Job(lambda: findings(check, surroundings), check.seconds)


def findings(check: Check, surroundings: Surroundings) -> tuple[Finding, ...]:
    """What stops a check is a finding too, after those that it had made."""
    if check.configured and surroundings.configured is None:
        return (skipped(check.name, "needs the configuration, which cannot be had (`--only config` says why)"),)
    found: list[Finding] = []
    try:
        found.extend(check.look(surroundings))
    except CcrError as fault:
        found.append(problem(check.name, fault.message))
    except OSError as fault:
        found.append(problem(check.name, f"{fault.filename}: {fault.strerror}" if fault.filename else str(fault)))
    except Exception as fault:  # noqa: BLE001 - a check that fails is no reason to be told nothing by the others
        seen = f"a fault in ccr itself: {type(fault).__name__}: {fault}"
        found.append(problem(check.name, seen, "please report it"))
    return tuple(found)
