import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from ccr.routing import script_host
from ccr.routing.script_host import LONGEST, Channel, Router, Said, serve

QUESTION = {"id": 7, "body": {"model": "m"}, "headers": {"a": "b"}, "session_id": "s-1", "token_count": 42}


def reply(folder: Path, source: str) -> dict[str, object]:
    path = folder / "router.py"
    path.write_text(source)
    return Router(path, {"Providers": []}).reply(dict(QUESTION))


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("def route(request, config): return 'acme,m'", "acme,m"),
        ("async def route(request, config): return 'acme,m'", "acme,m"),
        ("def route(request, config): return None", None),
        ("def route(request, config): return request['body']['model'] + request.session_id", "ms-1"),
        ("def route(request, config): return 'a' * 9999", "a" * LONGEST),
    ],
)
def test_a_function_answers(tmp_path: Path, source: str, answer: str | None) -> None:
    assert reply(tmp_path, source) == {"id": 7, "answer": answer}


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("def route(request, config):\n raise SystemExit(3)", "SystemExit: 3 (line 2)"),
        ("route = 1", "TypeError: it defines no function `route(request, config)`"),
        (
            "def route(request, config): return 7",
            'TypeError: it answered with a value of type int, expected "provider,model"',
        ),
    ],
)
def test_what_goes_wrong_is_told_with_its_line(tmp_path: Path, source: str, error: str) -> None:
    assert reply(tmp_path, source) == {"id": 7, "error": error}


def test_a_script_is_loaded_once(tmp_path: Path) -> None:
    path = tmp_path / "router.py"
    path.write_text("calls = []\ndef route(request, config):\n calls.append(1)\n return str(len(calls))")
    router = Router(path, {})
    assert [router.reply(dict(QUESTION))["answer"] for _ in range(2)] == ["1", "2"]


def messages(out: io.BytesIO) -> list[Any]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_each_line_that_is_printed_is_said_by_itself_and_cut() -> None:
    out = io.BytesIO()
    print("one", 2, "\nthree\n" + "x" * 9999, file=Said(Channel(out)))
    assert messages(out) == [{"said": "one 2 "}, {"said": "three"}, {"said": "x" * LONGEST}]


def test_a_fork_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    channel = Channel(out)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    channel.send({"said": "hello"})
    assert not messages(out)


def test_each_question_has_its_answer(tmp_path: Path) -> None:
    path = tmp_path / "router.py"
    path.write_text("def route(request, config): return config['name']")
    out = io.BytesIO()
    questions = (json.dumps(line).encode() + b"\n" for line in ({"config": {"name": "acme,m"}}, QUESTION))
    before = set(threading.enumerate())
    serve(path, io.BytesIO(b"".join(questions)), Channel(out))
    for thread in set(threading.enumerate()) - before:
        thread.join()
    assert messages(out) == [{"id": 7, "answer": "acme,m"}]


def test_it_starts_by_its_path_without_anything_of_ccr_and_ends_with_its_input(tmp_path: Path) -> None:
    path = tmp_path / "router.py"
    path.write_text("import sys\nsys.exit('never loaded')")
    command = [sys.executable, "-I", "-S", script_host.__file__, str(path)]
    done = subprocess.run(command, input=b'{"config":{}}\n', capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
