import json

import pytest

from ccr.providers.resolve import Upstream
from ccr.wire.anthropic import AnthropicUpstream
from ccr.wire.anthropic.bedrock import BedrockClaude
from ccr.wire.openai_chat import ChatClient
from ccr.wire.quirks.limits import maxtoken
from tests.support.asking import ASKED, CHAT_HI, HI, STREAMED, error_of, openai
from tests.support.canned import canned
from tests.support.wiring import Wired, read, upstream_at

CHECKED = STREAMED | {"safeguards": [{"type": "dangerous_tool_use"}]}
BETA = "dangerous-tool-use-2026-09-03"


@pytest.mark.parametrize(
    "upstream",
    [
        openai(),
        upstream_at("http://a.test", AnthropicUpstream(genuine=False)),
        upstream_at("http://a.test", BedrockClaude()),
    ],
)
async def test_who_cannot_run_the_check_says_so_by_name(upstream: Upstream) -> None:
    wired = Wired(upstreams=[upstream])
    status, kind, message = error_of(await wired.ask(CHECKED))
    assert (status, kind) == (400, "invalid_request_error")
    assert message.startswith("safeguards: acme,m does not run")
    assert wired.sent == []


@pytest.mark.parametrize("quirks", [(), (maxtoken({"max_tokens": 50}),)])
async def test_anthropic_gets_the_field_with_its_beta_and_its_result_comes_back(quirks: tuple[object, ...]) -> None:
    result = b'"safeguard_results":[{"type":"dangerous_tool_use","status":{"type":"checked"}}]'
    answer = HI.replace(b'"stop_reason": "end_turn"', b'"stop_reason": "end_turn",' + result)
    assert result in answer
    wired = Wired(canned(answer), upstreams=[upstream_at("http://acme.test/v1/messages", quirks=quirks)])
    said = await read(await wired.ask(CHECKED, anthropic_beta=BETA))
    assert b"dangerous_tool_use" in said
    assert b"safeguard_results" in said
    (sent,) = wired.sent
    assert json.loads(sent.body)["safeguards"] == CHECKED["safeguards"]
    assert sent.headers["anthropic-beta"] == BETA


async def test_who_stands_in_for_another_answers_without_it() -> None:
    wired = Wired(
        canned(b"{}", status=529),
        canned(CHAT_HI),
        upstreams=[upstream_at("http://acme.test/v1/messages"), openai("other")],
        fallback={"default": ("other,m",)},
    )
    answer = await wired.ask(CHECKED, anthropic_beta=BETA)
    assert answer.status == 200
    await read(answer)
    assert "safeguards" not in json.loads(wired.sent[1].body)
    assert "anthropic-beta" not in wired.sent[1].headers


async def test_a_field_of_that_name_in_another_dialect_is_something_else() -> None:
    wired = Wired(canned(HI))
    asked = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "safeguards": 1}
    assert (await wired.ask(asked, ChatClient())).status == 200


async def test_without_the_field_all_may_answer() -> None:
    assert (await Wired(canned(CHAT_HI), upstreams=[openai()]).ask(ASKED)).status == 200
