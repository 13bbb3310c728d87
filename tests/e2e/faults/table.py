"""What a client gets when a provider fails: every fault x who else could answer x streamed or whole.

`told` asks a real router; outcomes.json holds what came of it. test_table.py compares, and `scripts/docs` prints it.
After a change that is meant: `.venv/bin/python -m tests.e2e.faults.table`, and read the difference.
"""

import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support import chat
from tests.support.faults import FAULTS, SPEECHES, TRUSTED, WORDS, Fault, Where, faulty
from tests.support.outcomes import Told, outcome
from tests.support.parts import text, usage
from tests.support.running import KEY, Router, running_router
from tests.support.upstream import Answer, Received, Upstream

OUTCOMES = Path(__file__).with_name("outcomes.json")
SPEECH = next(speech for speech in SPEECHES if speech.name == "openai-chat")
OTHERS = "the other's words"
SLOWEST = 12.0  # seconds: no hang is longer than the deadlines that are set below, together
AT_ONCE = 12

SETTINGS: Mapping[str, str] = {"alone": "nobody else", "second key": "a second key", "fallback": "a fallback"}
MODES = ("stream", "whole")
COLUMNS = tuple(f"{setting}, {mode}" for setting in SETTINGS for mode in MODES)
PLACES: Mapping[Where, str] = {
    "everyday": "What happens every day",
    "connect": "No connection",
    "tls": "TLS",
    "upload": "While the request is sent",
    "head": "In place of an HTTP answer",
    "status": "Another answer than the one that was asked for",
    "body": "HTTP that is wrong around the answer",
    "event": "Within a stream",
}

# What takes all of a processor, or too much memory for a table.
NOT_HERE = {"a head without end", "a header without end", "byte by byte", "gzip that swells", "empty events for ever"}

# How much of an answer has been read before its broken framing is met is chance, and so is what is left for who uses the
# connection next. What is no chance: whole words, or an error.
CHANCE = (
    "101 ", "a chunk's size", "chunks that are none", "content-length too short", "garbage behind", "a second answer",
)  # fmt: skip
EITHER = "answer or error"


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    fault: Fault
    place: int = 0


def rows() -> Iterator[Row]:
    """A fault at a border between events at three of them."""
    borders = {
        "before the content": SPEECH.begins,
        "within it": SPEECH.begins + 2,
        "behind its end": SPEECH.ends - 1,
    }
    for fault in FAULTS:
        if fault.name in NOT_HERE or fault.where == "reuse":
            continue
        if fault.where != "event":
            yield Row(fault.name, fault)
            continue
        for words, place in borders.items():
            yield Row(f"{fault.name}: {words}", fault, place)


def provider(name: str, url: str, keys: list[Any]) -> dict[str, Any]:
    return {"name": name, "api_base_url": f"{url}/v1/chat/completions", "api_key": keys, "models": ["m"]}


def told(folder: Path, only: str = "") -> dict[str, dict[str, str]]:
    """Row -> column -> outcome."""
    chosen = [row for row in rows() if only in row.name]
    with ExitStack() as stack:
        providers, fallback = [], {}
        other = stack.enter_context(Upstream(lambda request: _right(request, OTHERS)))
        providers.append(provider("other", other.url, ["key-other"]))
        for number, row in enumerate(chosen):
            url = stack.enter_context(_listening(row, folder))
            spoils = row.fault.where == "body" or row.name.startswith(("a chunk's size", "101"))
            for setting in SETTINGS:
                first = [{"key": "key-bad"}]
                second = [{"key": "key-good", "priority": 2}] if setting == "second key" else []
                for mode in MODES:
                    name = f"{setting[0]}{mode[0]}{number}"
                    if spoils:  # its connection for who uses it next
                        url = stack.enter_context(_listening(row, folder))
                    providers.append(provider(name, url, [*first, *second]))
                    if setting == "fallback":
                        fallback[f"{name},m"] = ["other,m"]
        config = {
            "Providers": providers,
            "fallback": fallback,
            "Router": {"default": "other,m"},
            "timeouts": {"connect": 0.6, "first_byte": 1, "idle": 1, "total": 2},
        }
        issuer = folder / TRUSTED
        trust = {"SSL_CERT_FILE": str(issuer)} if issuer.exists() else {}
        router = stack.enter_context(running_router(config, folder, trust))
        cells = [
            (row.name, f"{setting}, {mode}", f"{setting[0]}{mode[0]}{number},m", mode)
            for number, row in enumerate(chosen)
            for setting in SETTINGS
            for mode in MODES
        ]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = list(pool.map(lambda cell: _cell(router, cell[2], stream=cell[3] == "stream"), cells))
        assert router.is_up(), router.said
        assert "Traceback" not in router.said, router.said
    table: dict[str, dict[str, str]] = {}
    for (row_name, column, _, _), words in zip(cells, found, strict=True):
        table.setdefault(row_name, {})[column] = EITHER if row_name.startswith(CHANCE) else words
    return table


@contextmanager
def _listening(row: Row, folder: Path) -> Iterator[str]:
    """It has the fault whenever it is asked, but for who comes with the good key."""
    fault = row.fault
    if fault.listen:
        with faulty(fault, SPEECH, folder) as url:
            yield url
        return

    def answer(request: Received) -> Answer:
        assert fault.spoil
        return _right(request, WORDS) if "key-good" in str(request.headers) else fault.spoil(SPEECH, row.place)

    with Upstream(answer) as upstream:
        yield upstream.url


def _right(request: Received, words: str) -> Answer:
    said = (text(words), usage(10, 3))
    return chat.stream(*said) if request.json.get("stream") else chat.reply(*said)


def _cell(router: Router, model: str, *, stream: bool) -> str:
    body = {"model": model, "max_tokens": 100, "stream": stream, "messages": [{"role": "user", "content": "hi"}]}
    began = time.monotonic()
    try:
        answer = httpx.post(f"{router.url}/v1/messages", json=body, headers={"x-api-key": KEY}, timeout=60)
    except httpx.TransportError as broken:
        raise AssertionError(f"the router failed on {model}: {broken}") from broken
    seconds = time.monotonic() - began
    assert seconds < SLOWEST, f"{model} took {seconds:.1f} s"
    return in_words(outcome("messages", answer.status_code, answer.content), answer.headers.get("x-ccr-attempts", ""))


def in_words(told: Told, attempts: str) -> str:
    """Nothing but the whole words of one provider, or an error."""
    kinds = [each.partition("=")[2] for each in attempts.split("; ") if "=" in each]
    failed = ", ".join(kind for kind in kinds if kind != "ok")
    if told.error:
        assert WORDS.startswith(told.content.text), told
        where = "error in the stream" if told.status == 200 else str(told.status)
        return f"{where}: {told.error}{f' ({failed})' if failed else ''}"
    who = {WORDS: "answer", OTHERS: "the other's answer"}.get(told.content.text)
    if who is None and not told.content.text:
        who = "an empty answer"
    assert who, f"a silent truncation: {told}"
    return f"{who}{f' after {failed}' if failed else ''}"


def known() -> dict[str, dict[str, str]]:
    return json.loads(OUTCOMES.read_text()) if OUTCOMES.exists() else {}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        OUTCOMES.write_text(json.dumps(told(Path(folder)), indent=1, ensure_ascii=False) + "\n")
