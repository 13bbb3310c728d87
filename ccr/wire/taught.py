"""Tools as models other than Anthropic's have to be taught them: with a schema, and one that every host takes."""

from collections.abc import Iterator, Mapping

from ccr.messages.json import Json, JsonObject
from ccr.messages.request import BuiltinTool, Tool

_TEXT: JsonObject = {"type": "string"}
_NUMBER: JsonObject = {"type": "integer"}
_EDITING: dict[str, Json] = {
    "path": {"type": "string", "description": "The file or directory."},
    "file_text": {"type": "string", "description": "For create: the whole content."},
    "old_str": {"type": "string", "description": "For str_replace: the text to replace. It must occur exactly once."},
    "new_str": {"type": "string", "description": "For str_replace: what to put in its place."},
    "insert_line": {"type": "integer", "description": "For insert: the line after which the text goes; 0: the top."},
    "insert_text": {"type": "string", "description": "For insert: the text."},
    "view_range": {"type": "array", "items": _NUMBER, "description": "For view: first and last line; -1: the end."},
}


def _schema(required: str, **properties: Json) -> JsonObject:
    return {"type": "object", "properties": properties, "required": [required]}


def _commands(*names: str) -> JsonObject:
    return {"type": "string", "enum": names}


# Tools that the client runs, but whose schema only Anthropic's models know: family -> what it does, what it takes.
_TAUGHT: dict[str, tuple[str, JsonObject]] = {
    "bash": (
        "Run a command in a shell that stays open between calls.",
        _schema("command", command=_TEXT, restart={"type": "boolean", "description": "Start a new shell."}),
    ),
    "text_editor": (
        "View, create and edit text files.",
        _schema("command", command=_commands("view", "create", "str_replace", "insert"), **_EDITING),
    ),
    "memory": (
        "Keep notes in files under /memories that outlast this conversation.",
        _schema(
            "command",
            command=_commands("view", "create", "str_replace", "insert", "delete", "rename"),
            old_path=_TEXT,
            new_path=_TEXT,
            **_EDITING,
        ),
    ),
}


def taught(tool: BuiltinTool) -> Tool | None:
    """As a tool with a schema; None for one that the API's host would have to run."""
    family = tool.type.rpartition("_")[0]
    if family not in _TAUGHT or not tool.name:
        return None
    does, takes = _TAUGHT[family]
    return Tool(tool.name, does, takes)


def parameters(schema: JsonObject) -> JsonObject:
    """OpenAI: "object schema missing properties", whatever else says them."""
    found = _resolved(schema)
    typed = found if found.get("type") else {"type": "object", **{k: v for k, v in found.items() if k != "type"}}
    return {**typed, "properties": {}} if typed["type"] == "object" and "properties" not in typed else typed


def _resolved(schema: JsonObject) -> JsonObject:
    """With what the root refers to in its place."""
    match schema.get("$ref"):
        case str(path) if path.startswith("#/"):
            found: Json = schema
            for step in path.removeprefix("#/").split("/"):
                found = found.get(step) if isinstance(found, Mapping) else None
            if isinstance(found, Mapping) and "$ref" not in found:
                return {**{k: v for k, v in schema.items() if k != "$ref"}, **found}
        case _:
            pass
    return schema


def closed(schema: Json) -> bool:
    """Whether OpenAI takes it as strict: "'required' is required … to be an array including every key in properties",
    and additionalProperties false, in every object.
    """
    if not isinstance(schema, Mapping):
        return True
    properties, required, kind = (schema.get(name) for name in ("properties", "required", "type"))
    named = properties if isinstance(properties, Mapping) else {}
    demanded = required if isinstance(required, list | tuple) else ()
    is_object = bool(named) or kind == "object" or (isinstance(kind, list | tuple) and "object" in kind)
    if is_object and (schema.get("additionalProperties") is not False or not all(name in demanded for name in named)):
        return False
    return all(map(closed, (*named.values(), *_inner(schema))))


def _inner(schema: JsonObject) -> Iterator[Json]:
    for name in ("items", "anyOf", "oneOf", "allOf", "$defs", "definitions"):
        match schema.get(name):
            case list() | tuple() as several:
                yield from several
            case Mapping() as one if name == "items":
                yield one
            case Mapping() as named:
                yield from named.values()
            case _:
                pass
