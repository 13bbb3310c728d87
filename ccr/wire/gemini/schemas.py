"""JSON Schema -> the part of it that Gemini takes, of a schema's nodes only: a property may be *named* title or const.

`parametersJsonSchema` rather than `parameters`: it keeps null, additionalProperties and the names of properties, and
what a model's back end does not know of it is no "Unknown name … Cannot find field", which `parameters` answers. What is
known: https://ai.google.dev/gemini-api/docs/structured-output#json-schema-support. What is not is told in words, in the
description, where it says something to a model.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ccr.messages.json import Json, JsonObject
from ccr.wire.wording import compact

_DEEPEST = 32
_MOST_NODES = 1000  # after so many no reference is followed any more
_MOST_TURNS = 2  # of a reference that leads back to itself

_TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
_KEPT = ("title", "minItems", "maxItems", "minimum", "maximum")
# "only 'enum' and 'date-time' are supported for STRING type", and the like for numbers
_FORMATS: tuple[Json, ...] = ("enum", "date-time", "float", "double", "int32", "int64")
_TOLD = (
    "const", "enum", "format", "pattern", "minLength", "maxLength", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    "uniqueItems", "minProperties", "maxProperties", "default",
)  # fmt: skip
# Words of a schema that hold an object; a bare map of properties has none of them.
_HOLDERS = frozenset({
    "properties", "items", "additionalProperties", "patternProperties", "propertyNames", "$defs", "definitions", "not",
    "if", "then", "else",
})  # fmt: skip
_ANY: tuple[Json, ...] = tuple({"type": kind} for kind in ("string", "number", "boolean", "object"))


def parameters(schema: JsonObject) -> JsonObject:
    """Of a function: an object, or nothing for one that takes nothing."""
    root = _Cleaner(schema).object(_wrapped(schema))
    return root if root.get("properties") or root.get("additionalProperties") else {}


def cleaned(schema: JsonObject) -> JsonObject:
    """Of an answer, which may be of any type."""
    return _Cleaner(schema).node(schema)


def _wrapped(schema: JsonObject) -> JsonObject:
    """Some servers give the properties alone: {"path": {"type": "string"}}."""
    bare = schema and not schema.keys() & _HOLDERS and all(isinstance(value, dict) for value in schema.values())
    return {"type": "object", "properties": schema} if bare else schema


@dataclass(slots=True)
class _Cleaner:
    root: JsonObject
    nodes: int = 0
    within: list[str] = field(default_factory=list)  # references that are being followed

    def node(self, given: Json, depth: int = 0) -> dict[str, Json]:
        """`true`, or what is no schema, takes anything."""
        self.nodes += 1
        if not isinstance(given, Mapping) or depth > _DEEPEST:
            return {"anyOf": list(_ANY)}
        followed = len(self.within)
        try:
            return self._open(self._whole(given), depth)
        finally:
            del self.within[followed:]

    def object(self, given: JsonObject) -> dict[str, Json]:
        """A node that must be an object: of a choice between several, all that they may hold."""
        whole = self._whole(given)
        branches = [self._whole(each) for name in ("anyOf", "oneOf") for each in _nodes(whole.get(name))]
        properties = dict(_mapping(whole.get("properties")))
        for branch in branches:
            for name, value in _mapping(branch.get("properties")).items():
                properties.setdefault(name, value)
        rest = {name: value for name, value in whole.items() if name not in ("anyOf", "oneOf", "nullable", "enum")}
        return self._open({**rest, "type": "object", "properties": properties}, 0)

    def _whole(self, given: JsonObject, depth: int = 0) -> JsonObject:
        """With what it refers to and what it is all of."""
        whole: JsonObject = {name: value for name, value in given.items() if name not in ("$ref", "allOf")}
        if depth <= _DEEPEST:
            for part in (*self._referred(given.get("$ref")), *_nodes(given.get("allOf"))):
                whole = _both(whole, self._whole(part, depth + 1))
        return whole

    def _referred(self, reference: Json) -> tuple[JsonObject, ...]:
        if not isinstance(reference, str):
            return ()
        if self.within.count(reference) >= _MOST_TURNS or self.nodes > _MOST_NODES:
            return ({"type": "object", "description": f"(as {reference.rpartition('/')[2]} above)"},)
        self.within.append(reference)
        found: object = self.root
        path = reference.removeprefix("#")
        for step in path.split("/")[1:] if reference.startswith("#") else ("?",):
            name = step.replace("~1", "/").replace("~0", "~")
            found = found.get(name) if isinstance(found, Mapping) else None
        return (found,) if isinstance(found, Mapping) else ()

    def _open(self, given: JsonObject, depth: int) -> dict[str, Json]:
        kinds, nullable = _kinds(given)
        choices, or_null = self._choices(given)
        nullable = nullable or or_null
        if choices and not given.get("properties"):
            return self._chosen(given, choices, nullable, depth)
        if not kinds:
            return _either([*_ANY], _described(given), nullable)
        if len(kinds) > 1:
            return _either([self._typed(given, kind, depth) for kind in kinds], _described(given), nullable)
        made = self._typed(given, kinds[0], depth)
        if nullable:
            made["type"] = [kinds[0], "null"]
        if description := _described(given):
            made["description"] = description
        return made

    def _choices(self, given: JsonObject) -> tuple[list[JsonObject], bool]:
        """The branches but for null, which is nullable, and those that only forbid."""
        found: list[JsonObject] = [dict(each) for name in ("anyOf", "oneOf") for each in _nodes(given.get(name))]
        full = [
            each for each in found if each.get("type") != "null" and each.keys() - {"required", "not", "description"}
        ]
        return full, any(each.get("type") == "null" for each in found)

    def _chosen(self, given: JsonObject, choices: list[JsonObject], nullable: bool, depth: int) -> dict[str, Json]:
        rest = {name: value for name, value in given.items() if name not in ("anyOf", "oneOf")}
        if len(choices) == 1:
            merged = _both(choices[0], {name: value for name, value in rest.items() if name != "type"})
            return self.node({**merged, "nullable": True} if nullable else merged, depth + 1)
        return _either([self.node(each, depth + 1) for each in choices], _described(rest), nullable)

    def _typed(self, given: JsonObject, kind: str, depth: int) -> dict[str, Json]:
        made: dict[str, Json] = {"type": kind}
        made |= {name: given[name] for name in _KEPT if _is_kept(name, given.get(name), kind)}
        if given.get("format") in _FORMATS and kind in ("string", "integer", "number"):
            made["format"] = given["format"]
        match kind:
            case "string":
                if allowed := _allowed(given):
                    made["enum"] = allowed
            case "array":
                made |= self._items(given, depth)
            case "object":
                made |= self._properties(given, depth)
            case _:
                pass
        return made

    def _items(self, given: JsonObject, depth: int) -> dict[str, Json]:
        """400: "items: missing field". A tuple's places are told apart by prefixItems."""
        items = given.get("items")
        places = given.get("prefixItems") or (items if isinstance(items, list) else None)
        if isinstance(places, Sequence) and places and not isinstance(places, str):
            return {"prefixItems": [self.node(place, depth + 1) for place in places]}
        return {"items": self.node(items, depth + 1) if isinstance(items, Mapping) and items else {"type": "string"}}

    def _properties(self, given: JsonObject, depth: int) -> dict[str, Json]:
        """400: "properties: should be non-empty for OBJECT type"."""
        properties = _mapping(given.get("properties"))
        made: dict[str, Json] = {}
        if properties:
            made["properties"] = {name: self.node(value, depth + 1) for name, value in properties.items()}
        if required := _required(given, properties):
            made["required"] = required
        match given.get("additionalProperties"):
            case bool(allowed):
                made["additionalProperties"] = allowed
            case Mapping() as others:
                made["additionalProperties"] = self.node(others, depth + 1) if others else True
            case _:
                pass
        return made


def _kinds(given: JsonObject) -> tuple[list[str], bool]:
    """The types, also where they must be read from the other words, and whether null is one."""
    stated = given.get("type")
    named = [stated] if isinstance(stated, str) else stated if isinstance(stated, Sequence) else []
    known = [kind.lower() for kind in named if isinstance(kind, str) and kind.lower() in _TYPES]
    kinds = list(dict.fromkeys(kind for kind in known if kind != "null"))
    values = _values(given)
    nullable = "null" in known or given.get("nullable") is True or None in values
    if not kinds and "null" not in known:
        kinds = _guessed(given, values)
    return kinds or (["null"] if "null" in known and not kinds else []), nullable and bool(kinds)


def _guessed(given: JsonObject, values: list[Json]) -> list[str]:
    if given.get("properties"):
        return ["object"]
    if given.get("items") or given.get("prefixItems"):
        return ["array"]
    return list(dict.fromkeys(_kind(value) for value in values if value is not None))


def _kind(value: Json) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case Mapping():
            return "object"
        case _:
            return "array"


def _values(given: JsonObject) -> list[Json]:
    if "const" in given:
        return [given["const"]]
    values = given.get("enum")
    return list(values) if isinstance(values, Sequence) and not isinstance(values, str) else []


def _allowed(given: JsonObject) -> list[str]:
    """400: "only allowed for STRING type", "enum[0]: cannot be empty". Unless all can be said, nothing is fixed."""
    values = [value for value in _values(given) if value is not None]
    return [value for value in values if isinstance(value, str)] if all(_is_text(value) for value in values) else []


def _is_text(value: Json) -> bool:
    return isinstance(value, str) and bool(value)


def _is_kept(name: str, value: Json, kind: str) -> bool:
    match name:
        case "title":
            return isinstance(value, str)
        case "minItems" | "maxItems":
            return kind == "array" and _kind(value) == "integer"
        case _:
            return kind in ("integer", "number") and _kind(value) in ("integer", "number")


def _required(given: JsonObject, properties: JsonObject) -> list[str]:
    """400: "required[0]: property is not defined". Some servers mark the property itself: {"required": true}."""
    named = given.get("required")
    names = [name for name in named if isinstance(name, str)] if isinstance(named, list | tuple) else []
    marked = [
        name for name, value in properties.items() if isinstance(value, Mapping) and value.get("required") is True
    ]
    return [name for name in dict.fromkeys((*names, *marked)) if name in properties]


def _described(given: JsonObject) -> str:
    """The description, and in words what has no field."""
    description = given.get("description")
    hints = [f"{name}: {compact(given[name])}" for name in _TOLD if name in given and not _has_field(given, name)]
    told = f"({'; '.join(hints)})" if hints else ""
    return " ".join(filter(None, (description if isinstance(description, str) else "", told)))


def _has_field(given: JsonObject, name: str) -> bool:
    match name:
        case "const" | "enum":
            return bool(_allowed(given))
        case "format":
            return given["format"] in _FORMATS
        case _:
            return False


def _either(branches: list[Json], description: str, nullable: bool) -> dict[str, Json]:
    """Vertex: "When using any_of, it must be the only field set": so the description stands in the first branch of all."""
    found = [*branches, {"type": "null"}] if nullable else branches
    return _explained({"anyOf": found}, description) if description else {"anyOf": found}


def _explained(node: JsonObject, description: str) -> dict[str, Json]:
    match node:
        case {"anyOf": [Mapping() as first, *rest]}:
            return {"anyOf": [_explained(first, description), *rest]}
        case {"description": str(own)}:
            return {**node, "description": f"{description} {own}"}
        case _:
            return {**node, "description": description}


def _both(one: JsonObject, other: JsonObject) -> dict[str, Json]:
    """What is all of two nodes."""
    made = {**other, **one}
    if "properties" in one and "properties" in other:
        made["properties"] = {**_mapping(other["properties"]), **_mapping(one["properties"])}
    ours, theirs = one.get("required"), other.get("required")
    if isinstance(ours, list) and isinstance(theirs, list):
        made["required"] = [*ours, *(each for each in theirs if each not in ours)]
    return made


def _nodes(value: Json) -> list[JsonObject]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list | tuple) else []


def _mapping(value: Json) -> JsonObject:
    return value if isinstance(value, Mapping) else {}
