import pytest

from ccr.config.edit import with_route
from ccr.config.text import read
from ccr.errors import ConfigInvalid

JSON = """// mine
{
  "PORT": 3456, // here
  "Router": {
    "default": "a,b", // the usual one
    'think': 'a,c',
    longContext: "a,d" /* big */
  }
}
"""
YAML = """# mine
PORT: 3456
Router:
  default: a,b   # the usual one
  think: 'a,c'
  longContext: "a,d"
aliases: {x: "a,b"}
"""


def edited(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize(
    ("name", "target", "changes"),
    [
        ("default", "x,y", [('"a,b"', '"x,y"')]),
        ("think", "x,y", [("'a,c'", "'x,y'")]),
        ("think", "x,it's", [("'a,c'", '"x,it\'s"')]),
        ("longContext", "x,y/z:free", [('"a,d"', '"x,y/z:free"')]),
        ("background", "x,y", [('"a,d" /* big */', '"a,d", /* big */\n    background: "x,y"')]),
        ("my-own", "x,y", [('"a,d" /* big */', '"a,d", /* big */\n    "my-own": "x,y"')]),
        ("think", None, [("    'think': 'a,c',\n", "")]),
        ("default", None, [('    "default": "a,b", // the usual one\n', "")]),
        ("longContext", None, [("'a,c',\n    longContext: \"a,d\" /* big */", "'a,c'")]),
        ("nothing", None, []),
    ],
)
def test_one_value_of_json_changes_and_nothing_else(
    name: str, target: str | None, changes: list[tuple[str, str]]
) -> None:
    assert with_route(JSON, ".json", name, target) == edited(JSON, *changes)


@pytest.mark.parametrize(
    ("name", "target", "changes"),
    [
        ("default", "x,y", [("a,b   #", "x,y   #")]),
        ("default", "x,weird name", [("a,b   #", '"x,weird name"   #')]),
        ("think", "x,y", [("'a,c'", "'x,y'")]),
        ("longContext", "x,y", [('"a,d"', '"x,y"')]),
        ("background", "x,y", [('"a,d"\n', '"a,d"\n  background: "x,y"\n')]),
        ("think", None, [("  think: 'a,c'\n", "")]),
        ("default", None, [("  default: a,b   # the usual one\n", "")]),
        ("nothing", None, []),
    ],
)
def test_one_value_of_yaml_changes_and_nothing_else(
    name: str, target: str | None, changes: list[tuple[str, str]]
) -> None:
    assert with_route(YAML, ".yaml", name, target) == edited(YAML, *changes)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"Router": {}}', '{"Router": {"think": "x,y"}}'),
        ('{"Router": null}', '{"Router": {"think": "x,y"}}'),
        ('{"Router": {"default": "a,b"}}', '{"Router": {"default": "a,b", "think": "x,y"}}'),
        ('{"Router": {"default": "a,b",}}', '{"Router": {"default": "a,b", "think": "x,y",}}'),
        ('{Router: {default: 1, "a-b": {c: [1, {}]}}}', '{Router: {default: 1, "a-b": {c: [1, {}]}, "think": "x,y"}}'),
        ("{\n  a: 1,\n}", '{\n  a: 1,\n  Router: {"think": "x,y"},\n}'),
        ('{"R\\u006futer": {"think": 1}}', '{"R\\u006futer": {"think": "x,y"}}'),
        ('{"router": {"Think": "a,b"}}', '{"router": {"Think": "x,y"}}'),
        ("{\r\n  'Router': {\r\n    'a': 'b'}\r\n}", "{\r\n  'Router': {\r\n    'a': 'b',\r\n    'think': 'x,y'}\r\n}"),
        ("\n{\na: 1, /* b */ } /* c */", '\n{\na: 1,\nRouter: {"think": "x,y"}, /* b */ } /* c */'),
        ("\ufeff{}", '\ufeff{"Router": {"think": "x,y"}}'),
        ("", '{"Router": {"think": "x,y"}}\n'),
    ],
)
def test_json_of_any_form(before: str, after: str) -> None:
    assert with_route(before, ".json", "think", "x,y") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "Router:\n  think: x,y\n"),
        ("PORT: 1", "PORT: 1\nRouter:\n  think: x,y"),
        ("Router:\nPORT: 1\n", "Router:\n  think: x,y\nPORT: 1\n"),
        ("Router: {}\n", 'Router: {"think": "x,y"}\n'),
        ("Router: {default: 'a,b'}\n", "Router: {default: 'a,b', think: 'x,y'}\n"),
        ("{Router: {default: 'a,b'}}", "{Router: {default: 'a,b', think: 'x,y'}}"),
        ("Router:\n  think:\n", "Router:\n  think: x,y\n"),
        ("Router:\r\n  a: b\r\n", "Router:\r\n  a: b\r\n  think: x,y\r\n"),
        ("Router:\n  agents:\n    Explore: a,b\n", "Router:\n  think: x,y\n  agents:\n    Explore: a,b\n"),
    ],
)
def test_yaml_of_any_form(before: str, after: str) -> None:
    assert with_route(before, ".yaml", "think", "x,y") == after


@pytest.mark.parametrize(
    ("before", "after", "suffix"),
    [
        ('{"Router": {"think": "a,b"}}', '{"Router": {}}', ".json"),
        ('{"Router": {"think": "a,b", "c": 1}}', '{"Router": { "c": 1}}', ".json"),
        ('{"Router": {"c": 1, "think": "a,b"}}', '{"Router": {"c": 1 }}', ".json"),
        ("Router:\n  think: a,b", "Router:\n", ".yaml"),
        ("Router:\r\n  think: a,b\r\n  c: d\r\n", "Router:\r\n  c: d\r\n", ".yaml"),
        ("PORT: 1\n", "PORT: 1\n", ".yaml"),
        ("", "", ".yaml"),
    ],
)
def test_a_route_is_taken_out(before: str, after: str, suffix: str) -> None:
    assert with_route(before, suffix, "think", None) == after


@pytest.mark.parametrize(
    "text",
    [
        "x: &a {think: 'a,b'}\nRouter: *a\n",
        "Router:\n  think: &t a,b\nother: *t\n",
        "Router:\n  think: |\n    a,b\n",
        "Router: !!map {}\n",
        "# nothing but a comment\n",
    ],
)
def test_what_cannot_be_changed_safely_is_left_to_the_user(text: str) -> None:
    with pytest.raises(ConfigInvalid, match=r'cannot be changed safely: set Router.think to "x,y" by hand'):
        with_route(text, ".yaml", "think", "x,y")


def test_a_router_that_is_no_object_is_a_fault() -> None:
    with pytest.raises(ConfigInvalid, match="Router: expected an object"):
        with_route('{"Router": [1]}', ".json", "think", "x,y")


def test_a_file_of_litellms_has_no_routes() -> None:
    with pytest.raises(ConfigInvalid, match="a file of LiteLLM's"):
        with_route("model_list:\n- model_name: a\n  litellm_params: {model: openai/x}\n", ".yaml", "think", "x,y")


@pytest.mark.parametrize("target", ['a,"', "a,\\", "a,b: c", "a,#x", "a,ü", "a,yes", "a, b", "a,'", "a,b\nc"])
@pytest.mark.parametrize(("text", "suffix"), [(JSON, ".json"), (YAML, ".yaml")])
@pytest.mark.parametrize("name", ["default", "think", "new"])
def test_whatever_the_target_it_is_read_back(text: str, suffix: str, name: str, target: str) -> None:
    assert read(with_route(text, suffix, name, target), suffix)["Router"][name] == target  # type: ignore[index, call-overload]


SEVERAL = """{
  "Router": {
    "default": ["a,m1", // one
      "b,m2"], // two
    "think": {"balance": "fastest", "targets": ["a,m1", "b,m2"]}
  }
}
"""
IN_BLOCKS = """Router:
  default:
    - a,m1
    - b,m2   # second
  # about think
  think:
    balance: fastest
    targets:
      - a,m1
      - target: b,m2
        weight: 2
PORT: 1
"""


@pytest.mark.parametrize(
    ("text", "suffix", "name", "target", "changes"),
    [
        (SEVERAL, ".json", "default", "x,y", [('["a,m1", // one\n      "b,m2"]', '"x,y"')]),
        (
            SEVERAL,
            ".json",
            "think",
            "x,y | z,w",
            [('{"balance": "fastest", "targets": ["a,m1", "b,m2"]}', '"x,y | z,w"')],
        ),
        (SEVERAL, ".json", "default", None, [('    "default": ["a,m1", // one\n      "b,m2"], // two\n', "")]),
        (IN_BLOCKS, ".yaml", "default", "x,y", [("default:\n    - a,m1\n    - b,m2   #", "default: x,y   #")]),
        (
            IN_BLOCKS,
            ".yaml",
            "think",
            "x,y | z,w",
            [(IN_BLOCKS[IN_BLOCKS.index("think:") : IN_BLOCKS.index("PORT")], 'think: "x,y | z,w"\n')],
        ),
        (IN_BLOCKS, ".yaml", "default", None, [("  default:\n    - a,m1\n    - b,m2   # second\n", "")]),
        (IN_BLOCKS, ".yaml", "image", "x,y", [("  default:\n", "  image: x,y\n  default:\n")]),
    ],
)
def test_one_target_takes_the_place_of_several(
    text: str, suffix: str, name: str, target: str | None, changes: list[tuple[str, str]]
) -> None:
    assert with_route(text, suffix, name, target) == edited(text, *changes)
