"""A client with nothing but an address and a key."""

import pytest

from tests.support import chat
from tests.support.clients import Client
from tests.support.parts import text, usage
from tests.support.running import Router
from tests.support.upstream import Upstream


@pytest.mark.contract("0", "a prompt on the command line")
def test_the_client_prints_the_answer_after_one_request(
    client: Client, router: Router, chat_upstream: Upstream
) -> None:
    chat_upstream.play([chat.stream(text("hello"), usage(10, 2))])
    ran = client.claude("-p", "hi", url=router.url)
    assert (ran.code, ran.out) == (0, "hello\n")
    assert len(chat_upstream.requests) == 1
