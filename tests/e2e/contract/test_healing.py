"""What a provider cannot take, and the client leaves out by itself: no user notices."""

import json
import struct
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support import chat, messages
from tests.support.clients import Client
from tests.support.parts import Part, text, thinking, tool, usage
from tests.support.running import Router
from tests.support.upstream import Answer, Received, Upstream, reply

HEALS_MORE = (2, 1, 260)
CLAUDE = ("--model", "claude,opus")
CHAT = ("--model", "chat,m")
FREE = "--dangerously-skip-permissions"


class Refusing:
    """A provider that refuses what it cannot take, and gives its turns otherwise. `turns` come first."""

    def __init__(
        self,
        upstream: Upstream,
        refuses: Callable[[str], bool],
        words: str,
        *turns: Sequence[Part],
        status: int = 400,
    ) -> None:
        self.upstream = upstream
        self.refused: list[Received] = []
        self._refuses, self._words, self._status = refuses, words, status
        ending: list[Part] = [text("done"), usage(9, 9)]
        self._turns = iter([*turns, *[ending] * 9])
        upstream.play(self._answer)

    def _answer(self, request: Received) -> Answer:
        if self._refuses(request.body.decode()):
            self.refused.append(request)
            return reply(self._status, {"error": {"type": "invalid_request_error", "message": self._words}})
        if request.path.endswith("/messages"):
            return messages.stream(*next(self._turns))
        return chat.stream(*next(self._turns))

    @property
    def healed(self) -> Any:
        return self.upstream.requests[-1].json


def holds(*needles: str) -> Callable[[str], bool]:
    """Whether the body of a request has all of these."""
    return lambda body: all(needle in json.dumps(json.loads(body)) for needle in needles)


def png(path: Path) -> str:
    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = part(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
    rows = part(b"IDAT", zlib.compress(b"".join(b"\0" + b"\x10\x20\x30" * 8 for _ in range(8))))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + rows + part(b"IEND", b""))
    return str(path)


@pytest.mark.contract("6", "a system message in the conversation is refused")
@pytest.mark.parametrize(
    "words",
    [
        "messages.1.role: Input should be 'user' or 'assistant'",
        "messages[1].role: unknown variant `system`, expected `user` or `assistant`",
    ],
)
def test_the_client_says_it_in_the_users_turn(
    client: Client, router: Router, messages_upstream: Upstream, words: str
) -> None:
    provider = Refusing(messages_upstream, holds('"role": "system"'), words)
    ran = client.claude("-p", "say hello", *CLAUDE, url=router.url)
    assert (ran.code, ran.out, len(provider.refused)) == (0, "done\n", 1)
    assert "<system-reminder>" in json.dumps(provider.healed["messages"])


@pytest.mark.contract("6", "the signature of a thought is refused")
@pytest.mark.parametrize(
    "words", ["messages.1.content.0: Invalid `signature` in `thinking` block", "Corrupted thought signature."]
)
def test_the_client_sends_the_conversation_without_thoughts(
    client: Client, router: Router, messages_upstream: Upstream, words: str
) -> None:
    look: list[Part] = [thinking("hm", "c2ln"), tool("Bash", {"command": "echo a", "description": "Say"}), usage(9, 9)]
    provider = Refusing(messages_upstream, holds('"type": "thinking"', '"thinking": "hm"'), words, look)
    ran = client.claude("-p", "say hello", FREE, *CLAUDE, url=router.url)
    assert (ran.code, ran.out) == (0, "done\n")
    # The oldest has dropped them by itself when the model's name is one that it does not know.
    assert len(provider.refused) <= 1
    assert "hm" not in json.dumps(provider.healed["messages"][2:])


@pytest.mark.contract("6", "adaptive thinking is refused")
def test_the_client_gives_a_budget(client: Client, router: Router, messages_upstream: Upstream) -> None:
    words = "thinking: Input tag 'adaptive' found using 'type' does not match any of the expected tags: 'enabled'"
    provider = Refusing(messages_upstream, holds('"type": "adaptive"'), words)
    ran = client.claude("-p", "say hello", *CLAUDE, url=router.url)
    assert (ran.code, ran.out, len(provider.refused)) == (0, "done\n", 1)
    assert provider.healed["thinking"]["type"] == "enabled"


@pytest.mark.contract("6", "an effort is refused")
def test_the_client_drops_it(client: Client, router: Router, chat_upstream: Upstream) -> None:
    words = "Unsupported parameter: 'reasoning_effort' is not supported with this model."
    chat_upstream.play(
        lambda request: (
            chat.error(400, words) if len(chat_upstream.requests) == 1 else chat.stream(text("done"), usage(9, 9))
        )
    )
    ran = client.claude("-p", "say hello", *CHAT, url=router.url)
    if client.version < HEALS_MORE:
        assert (ran.code, len(chat_upstream.requests)) == (1, 1)
        assert words in ran.out
    else:
        assert (ran.code, ran.out, len(chat_upstream.requests)) == (0, "done\n", 2)


@pytest.mark.contract("6", "the field cache_control is refused")
def test_the_client_moves_or_drops_it(client: Client, router: Router, messages_upstream: Upstream) -> None:
    words = "messages.1.content.0.cache_control: Extra inputs are not permitted"
    refuses = holds('"role": "system", "content": [')
    provider = Refusing(messages_upstream, refuses, words)
    ran = client.claude("-p", "say hello", *CLAUDE, url=router.url)
    assert (ran.code, ran.out) == (0, "done\n")
    assert len(provider.refused) == (0 if client.version < HEALS_MORE else 1)


@pytest.mark.contract("6", "a picture is refused")
@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "messages[4]: unknown variant `image_url`, expected `text`"),
        (404, "No endpoints found that support image input"),
        (500, "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj"),
        (400, "At most 0 image(s) may be provided in one prompt."),
    ],
)
def test_the_client_takes_it_out_and_goes_on(
    client: Client, router: Router, chat_upstream: Upstream, status: int, words: str
) -> None:
    look: list[Part] = [tool("Read", {"file_path": png(client.work / "a.png")}), usage(9, 9)]
    provider = Refusing(chat_upstream, holds('"image_url"'), words, look, status=status)
    ran = client.claude("-p", "say hello", FREE, *CHAT, url=router.url)
    assert (ran.code, ran.out, len(provider.refused)) == (0, "done\n", 1)


@pytest.mark.contract("6", "more pictures than the provider takes")
def test_the_client_takes_out_as_many_as_are_too_many(client: Client, router: Router, chat_upstream: Upstream) -> None:
    paths = [png(client.work / f"{number}.png") for number in range(3)]
    turns: list[list[Part]] = [[tool("Read", {"file_path": path}), usage(9, 9)] for path in paths]
    words = "At most 1 image(s) may be provided in one prompt."
    provider = Refusing(chat_upstream, lambda body: body.count('"image_url":') > 1, words, *turns)
    ran = client.claude("-p", "say hello", FREE, *CHAT, url=router.url)
    assert (ran.code, ran.out) == (0, "done\n")
    assert json.dumps(provider.healed).count('"type": "image_url"') == 1


@pytest.mark.contract("6", "a beta is refused by its name")
def test_the_client_drops_that_beta(client: Client, router: Router, messages_upstream: Upstream) -> None:
    name = "context-management-2025-06-27"
    words = f"Unexpected value(s) `{name}` for the `anthropic-beta` header."
    done = messages.stream(text("done"), usage(9, 9))

    def play(request: Received) -> Answer:
        named = name in request.headers.get("anthropic-beta", "")
        return messages.error(400, "invalid_request_error", words) if named else done

    messages_upstream.play(play)
    ran = client.claude("-p", "say hello", *CLAUDE, url=router.url)
    if client.version <= HEALS_MORE:
        assert ran.code == 1
        assert words in ran.out
    else:
        assert (ran.code, ran.out, len(messages_upstream.requests)) == (0, "done\n", 2)


@pytest.mark.contract("6", "max_tokens is more than the model's longest answer")
@pytest.mark.parametrize(
    "words",
    [
        "max_tokens is too large: 64000. This model supports at most 8192 completion tokens, whereas you provided 64000.",
        "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]",
    ],
)
def test_the_client_asks_for_that_much(client: Client, router: Router, chat_upstream: Upstream, words: str) -> None:
    provider = Refusing(chat_upstream, lambda body: json.loads(body)["max_tokens"] > 8192, words)
    ran = client.claude("-p", "say hello", *CHAT, url=router.url)
    assert (ran.code, ran.out) == (0, "done\n")
    assert provider.healed["max_tokens"] == 8192


@pytest.mark.contract("6", "prompt and max_tokens together are more than the window")
@pytest.mark.parametrize(
    "words",
    [
        "This model's maximum context length is 32768 tokens. However, you requested 66000 tokens "
        "(2000 in the messages, 64000 in the completion). Please reduce the length of the messages or completion.",
        "'max_tokens' or 'max_completion_tokens' is too large: 64000. This model's maximum context length is 32768 tokens "
        "and your request has 2000 input tokens (64000 > 32768 - 2000).",
    ],
)
def test_the_client_asks_for_what_is_left(client: Client, router: Router, chat_upstream: Upstream, words: str) -> None:
    provider = Refusing(chat_upstream, lambda body: json.loads(body)["max_tokens"] > 30768, words)
    ran = client.claude("-p", "say hello", *CHAT, url=router.url)
    assert (ran.code, ran.out) == (0, "done\n")
    assert provider.healed["max_tokens"] == 29768


TALK: list[list[Part]] = [
    [text(f"step {n}"), tool("Bash", {"command": f"echo {n}", "description": "Say"}), usage(9, 9)] for n in range(6)
]


@pytest.mark.contract("10", "the prompt is longer than the window, in the words of any provider")
@pytest.mark.parametrize(
    ("status", "words"),
    [
        (
            400,
            "This model's maximum context length is 128000 tokens. However, your messages resulted in 130001 tokens.",
        ),
        (400, "Input is too long for requested model."),
        (400, "request (140000 tokens) exceeds the available context size (131072 tokens), try increasing it"),
        (413, "Request Entity Too Large"),
    ],
)
def test_the_client_compacts_and_goes_on(
    client: Client, router: Router, chat_upstream: Upstream, status: int, words: str
) -> None:
    full = iter([True])

    def overflows(body: str) -> bool:
        return "echo 5" in body and next(full, False)

    provider = Refusing(chat_upstream, overflows, words, *TALK, status=status)
    ran = client.claude("-p", "say hello", FREE, *CHAT, url=router.url)
    assert (ran.code, ran.out, len(provider.refused)) == (0, "done\n", 1)
    assert len(provider.healed["messages"]) < len(provider.refused[0].json["messages"])


@pytest.mark.contract("10", "the first prompt is longer than the window")
def test_the_client_shows_both_numbers(client: Client, router: Router, chat_upstream: Upstream) -> None:
    words = "This model's maximum prompt length is 131072 but the request contains 140000 tokens."
    chat_upstream.play(lambda request: chat.error(400, words))
    ran = client.claude("-p", "say hello", *CHAT, url=router.url)
    assert ran.code == 1
    assert "Prompt is too long" in ran.out
    assert "140000" in ran.out
    assert "131072" in ran.out


@pytest.mark.contract("10", "a rate limit that reads like an overflow")
def test_the_client_waits_and_asks_again_as_it_was(client: Client, router: Router, chat_upstream: Upstream) -> None:
    words = "Request too large on tokens per min (TPM): Limit 30000, please reduce the length of the messages."
    chat_upstream.play([chat.error(429, words, headers={"retry-after": "1"}), chat.stream(text("done"), usage(9, 9))])
    ran = client.claude("-p", "say hello", *CHAT, url=router.url)
    assert (ran.code, ran.out) == (0, "done\n")
    first, second = chat_upstream.requests
    assert first.json["messages"] == second.json["messages"]


def pdf(path: Path) -> str:
    """One empty page."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
    ]
    data, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj%sendobj\n" % (number, body)
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    table = b"xref\n0 4\n0000000000 65535 f \n" + rows + b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
    path.write_bytes(data + table % len(data))
    return str(path)


@pytest.mark.contract("6", "a PDF is refused")
def test_the_client_takes_the_pdf_out_and_goes_on(client: Client, router: Router, messages_upstream: Upstream) -> None:
    look: list[Part] = [tool("Read", {"file_path": pdf(client.work / "a.pdf")}), usage(9, 9)]
    words = "messages.2.content.1: this model does not support the document content block"
    provider = Refusing(messages_upstream, holds('"application/pdf"'), words, look)
    ran = client.claude("-p", "look", FREE, *CLAUDE, url=router.url)
    assert (ran.code, ran.out, len(provider.refused)) == (0, "done\n", 1)


@pytest.mark.contract("6", "thinking with a budget is refused")
def test_the_client_lets_the_model_choose_how_much(client: Client, router: Router, messages_upstream: Upstream) -> None:
    words = '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" instead.'
    provider = Refusing(messages_upstream, holds('"budget_tokens"'), words)
    ran = client.claude("-p", "say hello", "--model", "claude/claude-sonnet-4-5", url=router.url)
    assert (ran.code, ran.out, len(provider.refused)) == (0, "done\n", 1)
    assert provider.healed.get("thinking", {}).get("type") != "enabled"
