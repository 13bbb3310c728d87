from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr.wire.gemini.schemas import cleaned, parameters
from tests.support.strict.gemini import node

STRING = {"type": "string"}


def clean(schema: Any) -> Any:
    """As sent, and as Google takes it."""
    made = cleaned(schema)
    node(made, "schema")
    return made


def function(schema: Any) -> Any:
    made = parameters(schema)
    node(made, "parameters") if made else None
    return made


@pytest.mark.trap(75)
def test_what_is_known_stays_and_metadata_goes() -> None:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "x",
        "type": "object",
        "title": "T",
        "description": "D",
        "properties": {
            "n": {"type": "integer", "minimum": 1, "maximum": 9},
            "l": {"type": "array", "items": STRING, "minItems": 1, "maxItems": 2},
            "e": {"type": "string", "enum": ["a", "b"]},
            "w": {"type": "string", "format": "date-time"},
        },
        "required": ["n"],
        "additionalProperties": False,
    }
    assert clean(schema) == {name: value for name, value in schema.items() if not name.startswith("$")}


@pytest.mark.trap(78)
@pytest.mark.parametrize(
    "name", ["title", "format", "const", "default", "type", "properties", "$ref", "enum", "required", "$schema"]
)
def test_a_property_may_be_named_like_a_word_of_the_schema(name: str) -> None:
    schema = {"type": "object", "properties": {name: {"type": "string", "description": "d"}}, "required": [name]}
    assert function(schema) == schema


@pytest.mark.trap(75)
@pytest.mark.parametrize(
    ("schema", "made"),
    [
        ({"type": "string", "const": "a"}, {"type": "string", "enum": ["a"]}),
        ({"const": "a"}, {"type": "string", "enum": ["a"]}),
        ({"const": 1}, {"type": "integer", "description": "(const: 1)"}),
        ({"const": True}, {"type": "boolean", "description": "(const: true)"}),
        ({"const": {"a": 1}}, {"type": "object", "description": '(const: {"a":1})'}),
        ({"const": []}, {"type": "array", "items": STRING, "description": "(const: [])"}),
        ({"enum": [1.5, 2.5]}, {"type": "number", "description": "(enum: [1.5,2.5])"}),
        ({"enum": ["a", ""]}, {"type": "string", "description": '(enum: ["a",""])'}),
        ({"enum": ["a", None]}, {"type": ["string", "null"], "enum": ["a"]}),
        ({"type": "integer", "exclusiveMinimum": 0}, {"type": "integer", "description": "(exclusiveMinimum: 0)"}),
        (
            {"type": "string", "description": "An address.", "format": "uri", "pattern": "^h"},
            {"type": "string", "description": 'An address. (format: "uri"; pattern: "^h")'},
        ),
        ({"type": "string", "default": "x", "examples": ["y"]}, {"type": "string", "description": '(default: "x")'}),
        ({"type": "object", "propertyNames": STRING, "patternProperties": {"^x": STRING}}, {"type": "object"}),
        ({"type": "object", "properties": {}}, {"type": "object"}),
        ({"type": "OBJECT", "not": {}, "if": {}, "then": {}, "else": {}, "x-y": 1}, {"type": "object"}),
        ({"type": "string", "minimum": 1, "minItems": 1, "title": 3}, STRING),
    ],
)
def test_what_has_no_field_is_told_or_left_out(schema: Any, made: object) -> None:
    assert clean(schema) == made


@pytest.mark.trap(76)
@pytest.mark.parametrize(
    ("schema", "made"),
    [
        ({"type": ["string", "null"]}, {"type": ["string", "null"]}),
        ({"type": ["string"]}, STRING),
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"anyOf": [STRING, {"type": "null"}]}, {"type": ["string", "null"]}),
        ({"type": "null"}, {"type": "null"}),
        ({"type": ["string", "integer"]}, {"anyOf": [STRING, {"type": "integer"}]}),
        ({"type": ["string", "integer", "null"]}, {"anyOf": [STRING, {"type": "integer"}, {"type": "null"}]}),
        (
            {"type": ["string", "array"], "items": {"type": "integer"}, "description": "d"},
            {"anyOf": [{"type": "string", "description": "d"}, {"type": "array", "items": {"type": "integer"}}]},
        ),
    ],
)
def test_several_types_and_null(schema: Any, made: object) -> None:
    assert clean(schema) == made


@pytest.mark.parametrize(
    ("schema", "made"),
    [
        ({"oneOf": [STRING, {"type": "integer"}]}, {"anyOf": [STRING, {"type": "integer"}]}),
        (
            {"description": "d", "anyOf": [{"type": "string", "description": "s"}, {"type": "integer"}]},
            {"anyOf": [{"type": "string", "description": "d s"}, {"type": "integer"}]},
        ),
        (
            {"description": "d", "anyOf": [{"type": ["string", "number"]}, {"type": "boolean"}]},
            {
                "anyOf": [
                    {"anyOf": [{"type": "string", "description": "d"}, {"type": "number"}]},
                    {"type": "boolean"},
                ]
            },
        ),
        ({"description": "d", "anyOf": [STRING]}, {"type": "string", "description": "d"}),
        (
            {"type": "object", "properties": {"a": STRING}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
            {"type": "object", "properties": {"a": STRING}},
        ),
        (
            {
                "allOf": [
                    {"properties": {"a": STRING}, "required": ["a"]},
                    {"properties": {"b": STRING}, "required": ["b"]},
                ]
            },
            {"type": "object", "properties": {"a": STRING, "b": STRING}, "required": ["b", "a"]},
        ),
    ],
)
def test_choices_and_sums(schema: Any, made: Any) -> None:
    found = clean(schema)
    found.get("required", []).sort(reverse=True)
    found.get("properties") and found.update(properties=dict(sorted(found["properties"].items())))
    assert found == made


@pytest.mark.parametrize(
    ("schema", "items"),
    [
        ({"type": "array"}, STRING),
        ({"type": "array", "items": {}}, STRING),
        ({"type": "array", "items": True}, STRING),
        ({"items": {"type": "integer"}}, {"type": "integer"}),
    ],
)
def test_a_list_says_what_it_holds(schema: Any, items: object) -> None:
    assert clean(schema) == {"type": "array", "items": items}


def test_a_tuple_has_places() -> None:
    made = {"type": "array", "prefixItems": [STRING, {"type": "integer"}]}
    assert clean({"type": "array", "items": [STRING, {"type": "integer"}]}) == made
    assert clean({"prefixItems": [STRING, {"type": "integer"}], "items": False}) == made


def test_anything_is_a_choice_of_everything() -> None:
    kinds = [{"type": kind} for kind in ("string", "number", "boolean", "object")]
    for schema in ({}, True, {"$ref": "https://elsewhere"}, {"$ref": "#/$defs/none"}, {"$ref": 3}, {"type": "file"}):
        assert clean(schema) == {"anyOf": kinds}
    described = clean({"description": "d"})
    assert described["anyOf"][0] == {"type": "string", "description": "d"}


def test_other_properties() -> None:
    assert clean({"type": "object", "additionalProperties": STRING}) == {
        "type": "object",
        "additionalProperties": STRING,
    }
    assert clean({"type": "object", "additionalProperties": {}}) == {"type": "object", "additionalProperties": True}
    assert clean({"type": "object", "additionalProperties": "?"}) == {"type": "object"}


def test_references_are_replaced_by_what_they_refer_to() -> None:
    schema = {
        "$defs": {"A/b": {"type": "object", "properties": {"c": {"$ref": "#/definitions/C"}}}},
        "definitions": {"C": {"type": "string", "description": "theirs"}},
        "type": "object",
        "properties": {
            "one": {"$ref": "#/$defs/A~1b"},
            "two": {"$ref": "#/definitions/C", "description": "ours"},
            "sum": {"allOf": [{"$ref": "#/$defs/A~1b"}, {"$ref": "#/definitions/C"}]},
        },
    }
    inner = {"type": "string", "description": "theirs"}
    made = function(schema)["properties"]
    assert made["one"] == {"type": "object", "properties": {"c": inner}}
    assert made["two"] == {"type": "string", "description": "ours"}
    assert made["sum"]["properties"] == {"c": inner}


def test_a_circle_of_references_is_broken() -> None:
    tree = {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}}
    schema = {"$defs": {"tree": tree}, "type": "object", "properties": {"root": {"$ref": "#/$defs/tree"}}}
    made, depth = function(schema)["properties"]["root"], 0
    while "properties" in made:
        made, depth = made["properties"]["children"]["items"], depth + 1
    assert made == {"type": "object", "description": "(as tree above)"}
    assert depth == 2
    assert function({"type": "object", "properties": {"me": {"$ref": "#"}}})["properties"]["me"]["type"] == "object"


def test_what_grows_without_end_ends() -> None:
    doubled = {
        f"d{n}": {"type": "object", "properties": {x: {"$ref": f"#/$defs/d{n + 1}"} for x in "ab"}} for n in range(40)
    }
    assert (
        len(str(function({"$defs": doubled, "type": "object", "properties": {"x": {"$ref": "#/$defs/d0"}}})))
        < 2_000_000
    )
    chain = {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(2000)}
    assert function({"$defs": chain, "type": "object", "properties": {"x": {"$ref": "#/$defs/d0"}}})
    deep: Any = STRING
    for _ in range(90):
        deep = {"type": "array", "items": deep}
    clean(deep)


@pytest.mark.trap(79)
def test_bare_properties_and_marked_ones() -> None:
    made = {"type": "object", "properties": {"path": STRING, "mode": {"type": "integer"}}, "required": ["path"]}
    bare = {"path": {"type": "string", "required": True}, "mode": {"type": "integer", "required": False}}
    assert function(bare) == made
    assert function({"type": "object", "properties": bare, "required": True}) == made
    assert function({"title": STRING}) == {"type": "object", "properties": {"title": STRING}}
    assert function({"type": "object", "properties": bare, "required": ["path", "gone", 3]}) == made


@pytest.mark.trap(79, 80)
@pytest.mark.parametrize(
    "schema", [{}, {"type": "object"}, {"type": "object", "properties": None}, {"type": "custom"}, {"properties": []}]
)
def test_a_function_that_takes_nothing_has_none(schema: Any) -> None:
    assert function(schema) == {}


def test_a_function_takes_an_object_whatever_its_schema_says() -> None:
    union = {"oneOf": [{"properties": {"a": STRING}, "required": ["a"]}, {"properties": {"b": STRING, "a": {}}}]}
    assert function(union) == {"type": "object", "properties": {"a": STRING, "b": STRING}}
    assert function({"type": ["object", "null"], "properties": {"a": STRING}})["type"] == "object"
    assert function({"type": "object", "additionalProperties": True}) == {
        "type": "object",
        "additionalProperties": True,
    }


SERVERS: dict[str, Any] = {
    "zod": {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {
            "action": {"anyOf": [{"type": "string", "const": "open"}, {"type": "string", "const": "close"}]},
            "limit": {"type": "number", "exclusiveMinimum": 0, "maximum": 100, "default": 10},
            "headers": {
                "type": "object",
                "propertyNames": {"type": "string"},
                "additionalProperties": {"type": "string"},
            },
            "place": {"type": "array", "minItems": 2, "maxItems": 2, "items": [{"type": "number"}, {"type": "number"}]},
        },
        "required": ["action"],
        "additionalProperties": False,
    },
    "pydantic": {
        "$defs": {
            "Order": {"enum": ["asc", "desc"], "title": "Order", "type": "string"},
            "Filter": {
                "properties": {
                    "field": {"title": "Field", "type": "string"},
                    "and": {"items": {"$ref": "#/$defs/Filter"}, "type": "array"},
                },
                "required": ["field"],
                "title": "Filter",
                "type": "object",
            },
        },
        "properties": {
            "filter": {"anyOf": [{"$ref": "#/$defs/Filter"}, {"type": "null"}], "default": None},
            "order": {"allOf": [{"$ref": "#/$defs/Order"}], "default": "asc"},
            "since": {"anyOf": [{"format": "date-time", "type": "string"}, {"type": "integer"}, {"type": "null"}]},
        },
        "title": "Arguments",
        "type": "object",
    },
    "go": {
        "type": "object",
        "properties": {
            "names": {"type": ["null", "array"], "items": {"type": "string"}},
            "labels": {"type": ["null", "object"], "additionalProperties": {"type": "string"}},
            "raw": True,
        },
        "required": ["names", "missing"],
        "additionalProperties": {"not": {}},
    },
    "draft 4": {
        "id": "x",
        "type": "object",
        "properties": {
            "count": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
            "title": {"type": "string", "required": True},
            "kind": {"enum": [1, "two", None, False]},
        },
    },
    "tagged union": {
        "oneOf": [
            {"type": "object", "properties": {"kind": {"const": "a"}, "a": {"type": "string"}}, "required": ["kind"]},
            {"type": "object", "properties": {"kind": {"const": "b"}, "b": {"type": "integer"}}, "required": ["kind"]},
        ],
        "discriminator": {"propertyName": "kind"},
    },
    "conditional": {
        "type": "object",
        "properties": {"mode": {"type": "string"}, "x-odd name": {"type": "string", "x-order": 1}},
        "if": {"properties": {"mode": {"const": "a"}}},
        "then": {"required": ["x-odd name"]},
        "dependentRequired": {"mode": ["x-odd name"]},
        "unevaluatedProperties": False,
    },
}


@pytest.mark.trap(75, 76, 79)
@pytest.mark.parametrize("name", SERVERS)
def test_what_servers_say_arrives_with_all_its_properties(name: str) -> None:
    schema = SERVERS[name]
    said = set(schema.get("properties", {})).union(*(each["properties"] for each in schema.get("oneOf", [])))
    assert set(function(schema)["properties"]) == said


def test_what_becomes_of_them() -> None:
    zod, pydantic, go = (function(SERVERS[name])["properties"] for name in ("zod", "pydantic", "go"))
    assert zod["action"] == {"anyOf": [{"type": "string", "enum": ["open"]}, {"type": "string", "enum": ["close"]}]}
    assert zod["headers"] == {"type": "object", "additionalProperties": {"type": "string"}}
    assert pydantic["filter"]["type"] == ["object", "null"]
    assert pydantic["order"]["enum"] == ["asc", "desc"]
    assert pydantic["since"]["anyOf"][-1] == {"type": "null"}
    assert go["names"] == {"type": ["array", "null"], "items": {"type": "string"}}


NASTY = st.recursive(
    st.sampled_from([None, True, 1, 1.5, "", "a", "string", "object", "array", "null", "#/$defs/a", "#"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "properties",
                    "items",
                    "anyOf",
                    "oneOf",
                    "allOf",
                    "$ref",
                    "$defs",
                    "required",
                    "enum",
                    "const",
                    "description",
                    "format",
                    "prefixItems",
                    "additionalProperties",
                    "nullable",
                    "a",
                    "minimum",
                    "minItems",
                ]
            ),  # fmt: skip
            inner,
            max_size=5,
        )
    ),
    max_leaves=30,
)


@given(
    st.dictionaries(st.sampled_from(["type", "properties", "anyOf", "$defs", "a", "allOf", "$ref"]), NASTY, max_size=4)
)
def test_whatever_a_server_says_google_takes_what_is_made_of_it(schema: Any) -> None:
    function(schema)
    clean(schema)
