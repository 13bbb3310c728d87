import json

from ccr.errors import BadRequest
from ccr.messages.reply import Reply
from ccr.wire.dialect import ClientDialect
from ccr.wire.openai_responses import ResponsesClient
from tests.wire.openai_responses.asking import asked

HI = asked({"role": "user", "content": "hi"})


def test_it_is_a_client_dialect() -> None:
    client: ClientDialect = ResponsesClient()
    assert client.name == "responses"


def test_without_a_clock_answers_are_from_long_ago() -> None:
    assert json.loads(ResponsesClient().reply(Reply("a", "m", (), "end_turn"), HI))["created_at"] == 0
    assert ResponsesClient().writer(HI).ping()


def test_an_error_is_openais() -> None:
    found = json.loads(ResponsesClient().error(BadRequest("input: missing"), "req_1"))
    assert (found["error"]["type"], found["error"]["message"]) == ("invalid_request_error", "input: missing")
