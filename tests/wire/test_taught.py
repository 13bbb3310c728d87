import pytest

from ccr.messages.json import Json, JsonObject
from ccr.messages.request import BuiltinTool
from ccr.wire.taught import closed, parameters, taught


def test_a_tool_of_the_api_that_the_client_runs_gets_a_schema() -> None:
    tool = taught(BuiltinTool("bash_20250124", "bash", {}))
    assert tool is not None
    assert tool.name == "bash"
    assert tool.schema["required"] == ["command"]


def test_a_tool_that_the_host_runs_is_not_taught() -> None:
    assert taught(BuiltinTool("web_search_20250305", "web_search", {})) is None
    assert taught(BuiltinTool("bash_20250124", "", {})) is None


def test_a_schema_says_that_it_is_an_object_and_has_properties() -> None:
    assert parameters({}) == {"type": "object", "properties": {}}
    assert parameters({"type": "object", "anyOf": []}) == {"type": "object", "anyOf": [], "properties": {}}


def test_a_root_that_refers_to_a_definition_is_that_definition() -> None:
    inner: JsonObject = {"type": "object", "properties": {"a": {}}}
    schema: JsonObject = {"$ref": "#/$defs/A", "$defs": {"A": inner}}
    assert parameters(schema) == {"$defs": {"A": inner}, **inner}
    for lost in ("#/$defs/B/c", "other.json", "#/$defs"):
        found = parameters({"$ref": lost, "$defs": {"$ref": "#"}})
        assert found == {"type": "object", "$ref": lost, "$defs": {"$ref": "#"}, "properties": {}}


WHOLE: JsonObject = {"type": "object", "properties": {"a": {}}, "required": ["a"], "additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "fits"),
    [
        (WHOLE, True),
        (True, True),
        ({**WHOLE, "required": []}, False),
        ({**WHOLE, "required": None}, False),
        ({**WHOLE, "additionalProperties": True}, False),
        ({"type": ["object", "null"]}, False),
        ({"type": "array", "items": WHOLE}, True),
        ({"type": "array", "items": {"type": "object"}}, False),
        ({"anyOf": [WHOLE, {"type": "object"}]}, False),
        ({"$defs": {"A": {"type": "object"}}}, False),
        ({"type": "string"}, True),
        ({**WHOLE, "properties": {"a": {"type": "object"}}}, False),
    ],
)
def test_only_schemas_that_leave_nothing_open_are_strict(schema: Json, fits: bool) -> None:
    assert closed(schema) is fits
