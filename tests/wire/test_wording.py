import pytest

from ccr.messages.blocks import Opaque
from ccr.wire.wording import compact, prompt, words


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"type": "server_tool_use", "name": "web_search", "input": {"query": "q"}}, '[web_search: {"query":"q"}]'),
        ({"type": "tool_reference", "tool_name": "Grep"}, "[The tool Grep is available.]"),
        ({"type": "compaction", "content": "so far"}, "so far"),
        (
            {
                "type": "web_search_tool_result",
                "content": [
                    {"type": "web_search_result", "title": "T", "url": "https://a.test", "encrypted_content": "x"},
                    {"type": "web_search_result", "title": "U", "url": "https://b.test"},
                ],
            },
            "T\nhttps://a.test\nU\nhttps://b.test",
        ),
        ({"type": "web_search_tool_result", "content": {"error_code": "max_uses_exceeded"}}, "max_uses_exceeded"),
        ({"type": "search_result", "source": "s", "title": "t", "content": [{"text": "x"}]}, "t\ns\nx"),
        ({"type": "code_execution_tool_result", "content": {"stdout": "1", "return_code": 0}}, "1"),
        (
            {"type": "web_fetch_tool_result", "content": {"source": {"type": "base64", "data": "aGk="}, "url": "u"}},
            "u",
        ),
        ({"type": "fallback", "from": "a"}, ""),
        ({"type": "a_result", "content": None}, ""),
    ],
)
def test_blocks_of_another_api_say_what_can_be_read(raw: dict[str, object], said: str) -> None:
    assert words(Opaque(raw)) == said


def test_json_keeps_the_order_of_its_keys() -> None:
    assert compact({"b": "é", "a": [1, None]}) == '{"b":"é","a":[1,null]}'


def test_the_attribution_line_is_no_part_of_a_prompt() -> None:
    assert prompt("x-anthropic-billing-header: cc_version=1;\nBe kind.") == "Be kind."
    assert prompt("x-anthropic-billing-header: cc_version=1;") == ""
    assert prompt("Be kind.") == "Be kind."
