import json
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ccr.service.doctor.scripted import Scripted

READ = {"type": "function", "function": {"name": "Read", "parameters": {}}}


def ask(script: Scripted, *, stream: bool = True, **body: object) -> str:
    data = json.dumps({"model": "m", "stream": stream, "messages": [], **body}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{script.url}/chat/completions", data), timeout=5) as answer:
        text: str = answer.read().decode()
    return text


def chunks(text: str) -> list[Mapping[str, Any]]:
    lines = [line.removeprefix("data: ") for line in text.split("\n\n") if line]
    assert lines.pop() == "[DONE]"
    return [json.loads(line) for line in lines]


def test_a_client_with_the_tool_is_told_to_call_it() -> None:
    with Scripted(Path("/a/note.txt"), "word") as script:
        found = chunks(ask(script, tools=[READ]))
    deltas = [choice["delta"] for chunk in found for choice in chunk["choices"]]
    calls = [call for delta in deltas for call in delta.get("tool_calls", ())]
    assert calls[0]["function"]["name"] == "Read"
    assert json.loads("".join(call["function"]["arguments"] for call in calls)) == {"file_path": "/a/note.txt"}
    assert found[-2]["choices"][0]["finish_reason"] == "tool_calls"
    assert (script.offered, script.came_back) == (True, None)


def test_a_client_with_a_result_gets_the_answer() -> None:
    with Scripted(Path("/a/note.txt"), "word") as script:
        text = ask(script, tools=[READ], messages=[{"role": "tool", "content": [{"type": "text", "text": "1 word"}]}])
    said = "".join(choice["delta"].get("content") or "" for chunk in chunks(text) for choice in chunk["choices"])
    assert said == "the file says word"
    assert script.came_back == "1 word"


def test_a_client_without_the_tool_gets_a_short_answer_whole() -> None:
    with Scripted(Path("/a/note.txt"), "word") as script:
        answer = json.loads(ask(script, stream=False))
    assert answer["choices"][0]["message"]["content"] == "OK"
    assert (script.requests, script.offered) == (1, False)


def test_a_result_in_one_text_is_read_too() -> None:
    with Scripted(Path("/a/note.txt"), "word") as script:
        ask(script, messages=[{"role": "tool", "content": "denied"}])
    assert script.came_back == "denied"
