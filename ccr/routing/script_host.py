"""Runs a user's router for ccr, as script_host.cjs does: one JSON object per line comes in, one per line goes out.

    in   {id, body, headers, session_id, token_count}       the first line is {config}
    out  {id, answer} | {id, error} | {said}

It is started by its path, and imports nothing of ccr, so that it is there at once.
"""

import asyncio
import inspect
import io
import json
import os
import sys
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

LONGEST = 2000  # characters of an answer or of something said


@dataclass(frozen=True, slots=True)
class Question:
    """What a script is asked; `request.body` and `request["body"]` are the same."""

    body: dict[str, Any]
    headers: dict[str, str]
    session_id: str | None
    token_count: int

    def __getitem__(self, name: str) -> object:
        return getattr(self, name)


class Channel:
    """The way to the router, for this process alone: what a fork of the script's says goes nowhere."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._process = os.getpid()
        self._writing = threading.Lock()

    def send(self, message: dict[str, object]) -> None:
        if os.getpid() == self._process:
            with self._writing:
                self._out.write(json.dumps(message).encode() + b"\n")
                self._out.flush()


class Said(io.TextIOBase):
    """Stands for stdout and stderr."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._begun = ""

    def write(self, text: str) -> int:
        *lines, begun = (self._begun + text).split("\n")
        self._begun = begun[:LONGEST]
        for line in lines:
            self._channel.send({"said": line[:LONGEST]})
        return len(text)


class Router:
    """The script; it is loaded at the first question."""

    def __init__(self, path: Path, config: object) -> None:
        self._path = path
        self._config = config
        self._loading = threading.Lock()
        self._route: Callable[..., object] | None = None

    def reply(self, question: dict[str, Any]) -> dict[str, object]:
        number = question.pop("id")
        try:
            return {"id": number, "answer": self._answer(Question(**question))}
        except BaseException as problem:  # noqa: BLE001 - foreign code may raise anything, SystemExit included
            why = f"{type(problem).__name__}: {problem}"[:LONGEST]
            return {"id": number, "error": f"{why}{_line(problem, self._path)}"}

    def _answer(self, question: Question) -> str | None:
        answer = self._loaded()(question, self._config)
        if inspect.isawaitable(answer):
            answer = asyncio.run(_awaited(answer))
        if answer is not None and not isinstance(answer, str):
            raise TypeError(f'it answered with a value of type {type(answer).__name__}, expected "provider,model"')
        return answer and answer[:LONGEST]

    def _loaded(self) -> Callable[..., object]:
        with self._loading:
            if self._route is None:
                self._route = _route_of(self._path)
            return self._route


def serve(path: Path, questions: BinaryIO, channel: Channel) -> None:
    """Each question has a thread of its own: one that takes its time holds up no other."""
    router = Router(path, json.loads(questions.readline())["config"])

    def answer(line: bytes) -> None:
        channel.send(router.reply(json.loads(line)))

    for line in questions:
        threading.Thread(target=answer, args=(line,), daemon=True).start()


def main() -> None:  # pragma: no cover - it runs in a process of its own
    """Standard input and output become the channel, and the script gets others in their place."""
    questions, channel = os.fdopen(os.dup(0), "rb"), Channel(os.fdopen(os.dup(1), "wb"))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    sys.stdout = sys.stderr = Said(channel)
    serve(Path(sys.argv[1]), questions, channel)
    os._exit(0)  # whatever the script's threads are at


def _route_of(path: Path) -> Callable[..., object]:
    module = ModuleType("ccr_custom_router")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # dataclasses look their module up
    exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)
    route = getattr(module, "route", None)
    if not callable(route):
        raise TypeError("it defines no function `route(request, config)`")
    return route  # type: ignore[no-any-return]


async def _awaited(answer: Awaitable[object]) -> object:
    return await answer


def _line(problem: BaseException, path: Path) -> str:
    """Where in the script it happened."""
    trace, line = problem.__traceback__, None
    while trace:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return f" (line {line})" if line else ""


if __name__ == "__main__":  # pragma: no cover
    main()
