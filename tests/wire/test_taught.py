from ccr.messages.request import BuiltinTool
from ccr.wire.taught import parameters, taught


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
    assert parameters({"type": "object", "anyOf": []}) == {"type": "object", "anyOf": []}
