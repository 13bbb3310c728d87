import pytest

from ccr.messages.blocks import (
    Base64,
    Block,
    Blocks,
    Document,
    FileId,
    Image,
    Opaque,
    PlainText,
    RedactedThinking,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
    Url,
)
from ccr.messages.json import Json
from ccr.messages.request import BuiltinTool, Request, Tool, Turn
from ccr.routing.tokens import (
    DOCUMENT,
    IMAGE,
    PER_TURN,
    Counter,
    Estimate,
    Piece,
    TokenCount,
    bound,
    pieces,
    small,
)


class Words:
    """An encoder with one token per word, that writes down what it was asked."""

    exact = True

    def __init__(self) -> None:
        self.asked: list[str] = []

    def count(self, text: str) -> int:
        self.asked.append(text)
        return len(text.split())


def conversation(*content: Block) -> Request:
    return Request("m", (Turn("user", content),))


def of(block: Block) -> list[Piece]:
    turn, *parts = pieces(conversation(block))
    assert turn == PER_TURN
    return parts


@pytest.mark.parametrize(
    ("block", "parts"),
    [
        (Text("hello"), ["hello"]),
        (Thinking("hm", "signature"), ["hm"]),
        (RedactedThinking("secret"), []),
        (Image(Url("https://a/b.png")), [IMAGE]),
        (ToolUse("id", "Read", {"path": "/ä"}), ["Read", '{"path":"/ä"}']),
        (ToolResult("id", (Text("a"), Image(FileId("f")))), ["a", IMAGE]),
        (Opaque({"type": "server_tool_use"}), ['{"type":"server_tool_use"}']),
        (Document(PlainText("a page")), ["a page"]),
        (Document(Blocks((Text("a"), Text("b")))), ["a", "b"]),
        (Document(Url("https://a/b.pdf")), [DOCUMENT]),
        (Document(FileId("f")), [DOCUMENT]),
        (Document(Base64("application/pdf", "JVBERi0=")), [DOCUMENT]),
        (Document(Base64("application/pdf", "A" * 1_000_000)), [30_000]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_kind_of_block_counts(block: Block, parts: list[Piece]) -> None:
    assert of(block) == parts


def test_system_and_tools_come_before_the_turns() -> None:
    tools = (Tool("Read", "Reads.", {"type": "object"}), BuiltinTool("bash_1", "bash", {"type": "bash_1"}))
    request = Request("m", (Turn("user", (Text("hi"),)),), system=(Text("be"),), tools=tools)
    assert list(pieces(request)) == ["be", 'Read\nReads.\n{"type":"object"}', '{"type":"bash_1"}', PER_TURN, "hi"]


def test_half_a_surrogate_pair_counts_too() -> None:
    request = conversation(ToolUse("id", "Write", {"text": "\ud83d"}), Text("\ud83d"))
    assert bound(pieces(request)) == PER_TURN + len("Write") + len("text ") + 3 + 3


def test_json_of_any_depth_counts() -> None:
    deep: Json = "end"
    for _ in range(5_000):
        deep = [{"a": deep}]
    (name, text) = of(ToolUse("id", "Write", {"deep": deep}))
    assert (name, len(str(text).split())) == ("Write", 5_002)


def test_the_bound_is_the_bytes() -> None:
    assert bound(["abc", "äöü", "中", 7]) == 3 + 6 + 3 + 7


# --- counting


def test_texts_are_encoded_and_figures_are_added() -> None:
    assert Counter(Words()).count(["one two", 10, "three"]) == TokenCount(13, True)


def test_a_text_is_encoded_once() -> None:
    words = Words()
    counter = Counter(words)
    assert counter.count(["one two", "one two"]) == counter.count(["one two", 2])
    assert words.asked == ["one two"]


def test_what_is_new_is_known_before_it_is_counted() -> None:
    counter = Counter(Words())
    counter.count(["old"])
    assert counter.new(["old", 5, "newer"]) == 5


def test_what_was_not_asked_for_since_long_is_forgotten() -> None:
    words = Words()
    counter = Counter(words, remember=2)
    for text in ("kept", "lost", "kept", "a", "kept", "b", "kept", "c"):
        counter.count([text])
    assert (counter.new(["kept"]), counter.new(["lost"])) == (0, 4)
    assert words.asked.count("kept") == 1


# --- estimates


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The quick brown fox jumps over the lazy dog, and nobody minds.", 14),
        ("def f(x):\n    if x:\n        return [y for y in x]\n    return None\n", 20),
        ("我们需要在服务器上部署一个新的路由器，它可以根据请求的内容选择不同的模型。", 34),
    ],
    ids=["English", "code", "Chinese"],
)
def test_an_estimate_is_near(text: str, tokens: int) -> None:
    assert Estimate().count(text) == pytest.approx(tokens, rel=0.35)


def test_an_estimate_says_that_it_is_one() -> None:
    assert Counter(Estimate()).count(["hello"]) == TokenCount(1, False)


def test_a_prompt_under_the_threshold_by_its_bytes_is_estimated() -> None:
    request = conversation(Text("a" * 96))
    assert small(request, 100) == TokenCount(PER_TURN + 27, False)
    assert small(request, 99) is None
