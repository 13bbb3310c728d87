"""The real claude in front of providers with transformers: forced tools, forced thoughts, a file of one's own."""

from pathlib import Path
from typing import Any

from tests.e2e.conftest import StartRouter
from tests.support import chat
from tests.support.parts import text, tool, usage
from tests.support.running import Person
from tests.support.upstream import Upstream

SHOUTS = """
def request(body, context):
    body["asked_by"] = context.options["team"]


def answer(event, context):
    if event["type"] == "content_block_delta" and event["delta"]["type"] == "text_delta":
        event["delta"]["text"] = event["delta"]["text"].upper()
    return event
"""
LOOK = tool("Bash", {"command": "echo sea-$((6*7))", "description": "Add"})


def provider(upstream: Upstream, **transformers: Any) -> dict[str, Any]:
    return {"name": "acme", "api_base_url": f"{upstream.url}/v1", "api_key": "k", "models": ["m"], **transformers}


def test_forced_tools_end_where_the_model_takes_the_way_out(
    person: Person, start_router: StartRouter, chat_upstream: Upstream
) -> None:
    block = {"enableToolForcing": True, "maxTokens": 4000}
    acme = provider(chat_upstream, transformers=block)
    router = start_router({"Providers": [acme], "Router": {"default": "acme,m"}})
    chat_upstream.play(
        [chat.stream(LOOK, usage(1, 1)), chat.stream(tool("ExitTool", {"response": "It is 42."}), usage(1, 1))]
    )
    ran = person.claude("-p", "look", "--dangerously-skip-permissions", url=router.url)
    assert (ran.code, ran.out) == (0, "It is 42.\n")
    first, second = (request.json for request in chat_upstream.requests)
    assert (first["tool_choice"], second.get("tool_choice")) == ("required", None)
    assert first["max_tokens"] == second["max_tokens"] == 4000
    assert second["tools"] == first["tools"]
    assert second["messages"][: len(first["messages"])] == first["messages"]
    assert "sea-42" in str(second["messages"][-1])


def test_forced_thoughts_are_thinking_and_come_back_in_their_tags(
    person: Person, start_router: StartRouter, chat_upstream: Upstream
) -> None:
    acme = provider(chat_upstream, transformer={"use": ["forcereasoning"]})
    router = start_router({"Providers": [acme], "Router": {"default": "acme,m"}})
    thought = "<reasoning_content>I shall look.</reasoning_content>\n\n"
    chat_upstream.play(
        [
            chat.stream(text(f"{thought}First a look."), LOOK, usage(1, 1)),
            chat.stream(text("<reasoning_content>42.</reasoning_content>It is 42."), usage(1, 1)),
        ]
    )
    ran = person.claude("-p", "look", "--dangerously-skip-permissions", url=router.url)
    assert (ran.code, ran.out) == (0, "It is 42.\n")
    first, second = (request.json["messages"] for request in chat_upstream.requests)
    assert second[: len(first)] == first
    assert thought in str(second[len(first)]["content"]).replace("\\n", "\n")


def test_a_file_of_ones_own_changes_what_goes_out_and_what_comes_back(
    person: Person, start_router: StartRouter, chat_upstream: Upstream, tmp_path: Path
) -> None:
    shouts = tmp_path / "shouts.py"
    shouts.write_text(SHOUTS)
    acme = provider(chat_upstream, transformer={"use": [["shouts", {"team": "blue"}]]})
    files = [{"path": str(shouts)}]
    router = start_router({"Providers": [acme], "Router": {"default": "acme,m"}, "transformers": files})
    chat_upstream.play([chat.stream(text("hi there"), usage(1, 1))])
    ran = person.claude("-p", "hi", url=router.url)
    assert (ran.code, ran.out) == (0, "HI THERE\n")
    assert chat_upstream.requests[-1].json["asked_by"] == "blue"
