"""A client that speaks Anthropic Messages."""

from ccr.errors import BadRequest
from ccr.messages.blocks import Text
from ccr.messages.events import Ping
from ccr.messages.reply import Reply
from ccr.messages.request import Request, Turn
from ccr.wire.anthropic import AnthropicClient

REQUEST = Request("m", (Turn("user", (Text("hi"),)),), max_tokens=9)


def test_it_decodes_writes_replies_and_refuses() -> None:
    client = AnthropicClient()
    body = b'{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}'
    assert client.decode(body) == REQUEST
    assert client.writer(REQUEST).write(Ping()).startswith(b"event: ping\n")
    assert b'"end_turn"' in client.reply(Reply("msg_1", "m", (), "end_turn"))
    assert b"model: missing" in client.error(BadRequest("model: missing"), "req_1")
