import json

from ccr.errors import BadRequest
from ccr.messages.reply import Reply
from ccr.messages.request import Request
from ccr.wire.dialect import ClientDialect
from ccr.wire.openai_chat import ChatClient


def test_it_is_a_client_dialect() -> None:
    client: ClientDialect = ChatClient()
    assert client.name == "openai"


def test_without_a_clock_answers_are_from_long_ago() -> None:
    assert json.loads(ChatClient().reply(Reply("a", "m", (), "end_turn")))["created"] == 0
    assert ChatClient().writer(Request("m", ())).ping()


def test_an_error_is_openais() -> None:
    found = json.loads(ChatClient().error(BadRequest("messages: missing"), "req_1"))
    assert found["error"]["type"] == "invalid_request_error"
    assert found["error"]["message"] == "messages: missing"
