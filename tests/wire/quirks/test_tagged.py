"""Calls in tags, where a value may hold the tags themselves."""

from typing import Any

import pytest

from ccr.messages.json import JsonObject
from ccr.wire.quirks.tagged import calls, is_tagged

WRITE: Any = {"properties": {"content": {}, "file_path": {}, "mode": {}}, "required": ["content", "file_path"]}
SCHEMAS: dict[str, JsonObject] = {"Write": WRITE, "Ls": {}}


def write(content: str, *, path_first: bool = False, end: str = "</function></tool_call>") -> str:
    path, rest = "<parameter=file_path>a</parameter>", f"<parameter=content>\n{content}\n</parameter>"
    return f"<function=Write>{path + rest if path_first else rest + path}{end}"


def read(text: str, *, ended: bool = False) -> list[Any]:
    assert is_tagged(text)
    return [dict(input) for _, input in calls(text, SCHEMAS, ended=ended)]


@pytest.mark.parametrize("path_first", [True, False])
@pytest.mark.parametrize(
    "content",
    [
        "x",
        "<function=x><parameter=y>1</parameter></function>\nlast line",
        "<parameter=x>1</parameter><parameter=y>2</parameter>",
        'x = "</parameter>"; y',
        "a</function>b",
        "a <tool_call> b </tool_call> c",
    ],
)
def test_a_value_keeps_the_tags_that_it_holds(content: str, path_first: bool) -> None:
    assert read(write(content, path_first=path_first)) == [{"content": content, "file_path": "a"}]


@pytest.mark.parametrize(
    "text",
    [
        "<function=Write><parameter=content>x</parameter></function>",
        "<function=Write></function>",
        "<function=Write>x</function>",
        "<function=Write></parameter></function>",
        "<function=Nobody></function>",
        "<function=Ls></function>and",
        "<function=Ls></function><function=Nobody></function>",
        write("a</parameter><parameter=file_path>b"),
        write("x</parameter>" + "<parameter=x>1</parameter>" * 12 + "</parameter>"),
        "<function=Ls><parameter=a></parameter></parameter></function>".replace("Ls", "Write"),
        write("<parameter=x></parameter><parameter=y>", end="<parameter=z></function>"),
        write("</parameter>".join(["", *["x<parameter=z>"] * 2, "</parameter>\n<parameter=q>" * 12])),
        "<function=Ls><parameter=a>1</parameter>",
        "<function=Ls><parameter=a>1",
        "<function=Ls>",
    ],
)
def test_what_has_more_than_one_reading_or_lacks_something_is_no_call(text: str) -> None:
    assert read(text) == []


def test_a_value_that_opens_a_tag_is_whole_only_once_nothing_more_can_come() -> None:
    text = write("see <parameter=x>", path_first=True)
    assert read(text) == []
    assert read(text, ended=True) == [{"content": "see <parameter=x>", "file_path": "a"}]


def test_the_last_tags_may_lack_where_the_answer_ends_but_not_both() -> None:
    assert read("<function=Ls><parameter=a>1</function>", ended=True) == [{"a": "1"}]
    assert read("<function=Ls><parameter=a>1</parameter>", ended=True) == [{"a": "1"}]
    assert read("<function=Ls><parameter=a>1", ended=True) == []
    assert read("<function=Ls><parameter=a>1</function> and", ended=True) == []


def test_several_functions_and_pairs() -> None:
    assert read("<function=Ls></function>\n<function=Ls><parameter=a>1</parameter></function>") == [{}, {"a": "1"}]
    pair = "Ls\n<arg_key>a</arg_key>\n<arg_value>1 </arg_value> x</arg_value></tool_call>"
    assert read(pair) == [{"a": "1 </arg_value> x"}]
    assert read("Write<arg_key>content</arg_key><arg_value>1</arg_value>") == []
