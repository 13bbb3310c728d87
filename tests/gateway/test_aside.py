import json
import threading
from dataclasses import replace

from ccr.gateway.aside import LARGE, aside
from ccr.gateway.inbound import Inbound
from ccr.wire.anthropic import AnthropicClient
from tests.support.asking import ASKED, CHAT_HI, openai
from tests.support.canned import FixedScript, canned
from tests.support.wiring import Wired

SMALL = Inbound(AnthropicClient(), b"{}", {}, "", "req_test")


async def test_work_on_a_small_request_is_done_at_once() -> None:
    assert await aside(SMALL, threading.current_thread) is threading.current_thread()


async def test_work_on_a_large_one_is_done_beside_the_loop() -> None:
    large = replace(SMALL, body=b" " * LARGE)
    assert await aside(large, threading.current_thread) is not threading.current_thread()
    assert await aside(large, json.loads, '{"a": 1}', parse_int=str) == {"a": "1"}


async def test_a_large_request_is_answered_like_any_other() -> None:
    wired = Wired(canned(CHAT_HI), upstreams=[openai()])
    large = "words " * (LARGE // 6 + 1)
    answer = await wired.ask({**ASKED, "messages": [{"role": "user", "content": large}]})
    assert answer.status == 200
    assert json.loads(wired.sent[0].body)["messages"][-1]["content"] == large


async def test_a_script_is_shown_what_a_request_can_be_read_as() -> None:
    """Half a pair is no JSON to a strict reader."""
    script = FixedScript()
    wired = Wired(canned(CHAT_HI), upstreams=[openai()], script=script)
    assert (await wired.ask(json.dumps({**ASKED, "x": "\ud83d"}).encode())).status == 200
    assert script.questions[0]["body"]["x"] == "\ufffd"  # type: ignore[call-overload, index]
