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
    Text,
    Thinking,
    ToolResult,
    ToolUse,
    Url,
)
from ccr.messages.request import Turn
from ccr.wire.anthropic.differences import Differences
from ccr.wire.anthropic.plain import Plain

LEAST = Differences(genuine=False, images=False)
MOST = Differences(genuine=False, cache=True, image_urls=True, documents=True, system_turns=True)
PNG, PDF = Base64("image/png", "AA=="), Base64("application/pdf", "AA==")
HOUR = {"cache_control": {"type": "ephemeral", "ttl": "1h", "scope": "global"}}
CACHED = {"cache_control": {"type": "ephemeral"}}


def plain(block: Block, host: Differences = LEAST) -> list[Block]:
    return list(Plain(host).blocks([block]))


@pytest.mark.trap(53, 54)
def test_marks_are_reduced_to_their_oldest_form_or_left_out() -> None:
    text = Text("hi", {**HOUR, "citations": []})
    assert plain(text, MOST) == [Text("hi", CACHED)]
    assert plain(text) == [Text("hi")]
    assert plain(ToolUse("t", "f", {}, {"caller": {"type": "direct"}})) == [ToolUse("t", "f")]


@pytest.mark.parametrize(
    ("block", "host", "left"),
    [
        (Image(PNG, HOUR), MOST, Image(PNG, CACHED)),
        (Image(PNG), LEAST, Text("[An image was here. This model reads text only.]")),
        (Image(Url("https://a.test/x.png")), MOST, Image(Url("https://a.test/x.png"))),
        (Image(Url("https://a.test/x.png")), Differences(), Text("[An image is at https://a.test/x.png]")),
        (Image(FileId("file_1")), MOST, Text("[The image file_1 is stored with another provider.]")),
        (Document(PDF, "Plan", HOUR), MOST, Document(PDF, "Plan", CACHED)),
        (Document(PDF, "Plan"), LEAST, Text('[A document "Plan" was here. This model reads none.]')),
        (Document(Url("https://a.test/x.pdf")), MOST, Text("[A document is at https://a.test/x.pdf]")),
        (Document(FileId("file_1")), MOST, Text("[The document file_1 is stored with another provider.]")),
        (Document(PlainText("words"), "Plan"), MOST, Text("Plan\n\nwords")),
        (Document(PlainText("words")), MOST, Text("words")),
        (Opaque({"type": "tool_reference", "tool_name": "Bash"}), MOST, Text("[The tool Bash is available.]")),
        (Thinking("hm", "theirs"), LEAST, Thinking("hm", "theirs")),
    ],
)
@pytest.mark.trap(90)
def test_what_has_no_form_is_said(block: Block, host: Differences, left: Block) -> None:
    assert plain(block, host) == [left]


def test_what_says_nothing_goes() -> None:
    assert plain(Opaque({"type": "container_upload", "file_id": "f"})) == []
    assert plain(Document(PlainText("  "))) == []


def test_results_and_documents_are_looked_into() -> None:
    result = ToolResult("t", (Image(PNG), Text("ok")), is_error=True, extra=HOUR)
    assert plain(result) == [
        ToolResult("t", (Text("[An image was here. This model reads text only.]"), Text("ok")), is_error=True)
    ]
    assert plain(Document(Blocks((Text("a"), Text("b"))), "Plan")) == [Text("Plan"), Text("a"), Text("b")]


@pytest.mark.trap(48)
def test_the_attribution_line_goes_from_the_prompt() -> None:
    blocks = [Text("x-anthropic-billing-header: cc_version=1; cch=ab;"), Text("You are.")]
    assert list(Plain(LEAST).system(blocks)) == [Text(""), Text("You are.")]
    assert list(Plain(LEAST).system([ToolUse("t", "f")])) == [ToolUse("t", "f")]


@pytest.mark.trap(45, 46)
def test_system_turns_become_the_users_words_where_they_stand() -> None:
    turns = [Turn("user", (Text("q"),)), Turn("system", (Text("note"),)), Turn("assistant", (Text("a"),))]
    assert list(Plain(LEAST).turns(turns)) == [
        turns[0],
        Turn("user", (Text("<system-reminder>\nnote\n</system-reminder>"),)),
        turns[2],
    ]
    assert list(Plain(MOST).turns(turns)) == turns


def test_a_system_turn_that_says_nothing_there_goes() -> None:
    change = Opaque({"type": "tool_addition", "tool": {"name": "B"}})
    assert list(Plain(LEAST).turns([Turn("system", (change,), {"output_config": {"effort": "low"}})])) == []
