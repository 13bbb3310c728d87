"""How clients of this wire offer tools, and how they want them called. To the hub all are tools with a schema.

Names stand in namespaces here; in the hub `shot` of `mcp__pics` is `mcp__pics__shot`, and goes back in two.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from ccr.messages.json import NOTHING, Json, JsonObject
from ccr.messages.request import AnyTool, BuiltinTool, Request, Tool
from ccr.wire.fields import Fields
from ccr.wire.openai_fields import arguments


@dataclass(frozen=True, slots=True)
class Form:
    """An item that calls a tool."""

    item: str  # its type
    answer: str  # the type of the item that answers it
    field: str  # what holds the input
    shape: Literal["json", "text", "object"]  # of the input: an object as text, any text, an object
    prefix: str  # of the item's ids
    beside: JsonObject = NOTHING  # what else the item says
    within: JsonObject = NOTHING  # and the input


FUNCTION = Form("function_call", "function_call_output", "arguments", "json", "fc")
CUSTOM = Form("custom_tool_call", "custom_tool_call_output", "input", "text", "ctc")
SEARCH = Form("tool_search_call", "tool_search_output", "arguments", "object", "tsc", {"execution": "client"})
LOCAL_SHELL = Form(
    "local_shell_call", "local_shell_call_output", "action", "object", "lsh", within={"type": "exec", "env": {}}
)
SHELL = Form("shell_call", "shell_call_output", "action", "object", "sh")
PATCH = Form("apply_patch_call", "apply_patch_call_output", "operation", "object", "apc")

_BY_TYPE: Mapping[str, Form] = {
    "function": FUNCTION, "custom": CUSTOM, "tool_search": SEARCH, "local_shell": LOCAL_SHELL, "shell": SHELL,
    "apply_patch": PATCH,
}  # fmt: skip
BY_ITEM: Mapping[str, tuple[str, Form]] = {form.item: (type, form) for type, form in _BY_TYPE.items()}
BY_ANSWER: Mapping[str, Form] = {form.answer: form for form in _BY_TYPE.values()}

# OpenAI's name for where functions stand that are in no namespace.
_TOP = "functions"

_TEXT: JsonObject = {"type": "string"}
_TEXTS: JsonObject = {"type": "array", "items": _TEXT}
_MILLISECONDS: JsonObject = {"type": "integer", "description": "Milliseconds after which to give up."}
_FREE: JsonObject = {
    "type": "object",
    "properties": {"input": {"type": "string", "description": "The whole input of this tool, as plain text."}},
    "required": ["input"],
}
# Tools that OpenAI's models know without being told: what they do, and what they take.
_TAUGHT: Mapping[str, tuple[str, JsonObject]] = {
    "local_shell": (
        "Run a command on the user's machine.",
        {
            "type": "object",
            "properties": {
                "command": {**_TEXTS, "description": "The program and its arguments, such as bash, -lc and a script."},
                "working_directory": _TEXT,
                "timeout_ms": _MILLISECONDS,
            },
            "required": ["command"],
        },
    ),
    "shell": (
        "Run shell commands, in the order given.",
        {
            "type": "object",
            "properties": {
                "commands": _TEXTS,
                "timeout_ms": _MILLISECONDS,
                "max_output_length": {"type": "integer", "description": "Characters of output to return at most."},
            },
            "required": ["commands"],
        },
    ),
    "apply_patch": (
        "Create, change or delete a file.",
        {
            "type": "object",
            "properties": {
                "type": {"type": "string", "enum": ["create_file", "update_file", "delete_file"]},
                "path": _TEXT,
                "diff": {
                    "type": "string",
                    "description": "To create or update: hunks that begin with @@, in lines that begin with a space, "
                    "- or +. A new file has lines with + alone.",
                },
            },
            "required": ["type", "path"],
        },
    ),
}


@dataclass(frozen=True, slots=True)
class Called:
    """How the client wants a tool called."""

    form: Form
    name: str
    namespace: str | None = None


def flat(name: str, namespace: str | None) -> str:
    """The name that a model sees."""
    return name if namespace in (None, "", _TOP) else f"{namespace}__{name}"


def table(request: Request) -> Mapping[str, Called]:
    """By the hub's names, those that the client knows otherwise."""
    return {tool.name: _called(tool.extra) for tool in request.tools if isinstance(tool, Tool) and "type" in tool.extra}


def _called(extra: JsonObject) -> Called:
    name, namespace = extra.get("name"), extra.get("namespace")
    return Called(_BY_TYPE[str(extra["type"])], str(name), str(namespace) if namespace else None)


def offered(tool: Fields, namespace: str | None = None) -> Iterator[AnyTool]:
    """A tool as the hub has it; of a namespace, all that are in it."""
    type = tool.string("type")
    match type:
        case "function":
            known = ("type", "name", "description", "parameters", "strict")
            extra = {**tool.extra(known), **({"type": type, **_place(tool, namespace)} if namespace else {})}
            yield _named(tool, namespace, tool.mapping("parameters"), tool.maybe_boolean("strict"), extra=extra)
        case "custom":
            extra = {"type": type, **_place(tool, namespace)}
            if tool.has("format"):
                extra["format"] = tool.raw["format"]
            yield _named(tool, namespace, _FREE, about=_grammar(tool), extra=extra)
        case "namespace":
            yield from _within(tool)
        case "tool_search":
            if tool.maybe_string("execution") == "client":  # else the host would search; here all tools are offered
                parameters = tool.mapping("parameters")
                about = tool.maybe_string("description") or ""
                yield Tool(type, about, parameters, extra={"type": type, "name": type})
        case "local_shell" | "shell" | "apply_patch":
            yield Tool(type, *_TAUGHT[type], extra={"type": type, "name": type})
        case _ if type.startswith("web_search"):
            yield BuiltinTool("web_search_20250305", "web_search", _search(tool))
        case _:
            yield BuiltinTool(type, tool.maybe_string("name") or type, tool.raw)


def _named(
    tool: Fields,
    namespace: str | None,
    schema: JsonObject,
    strict: bool | None = None,
    *,
    about: str = "",
    extra: JsonObject,
) -> Tool:
    description = "\n\n".join(filter(None, (tool.maybe_string("description"), about)))
    return Tool(flat(tool.string("name"), namespace), description, schema, strict, extra)


def _place(tool: Fields, namespace: str | None) -> dict[str, Json]:
    return {"name": tool.string("name"), "namespace": namespace}


def _within(namespace: Fields) -> Iterator[AnyTool]:
    """What is said of all its tools is said with the first."""
    name, about = namespace.string("name"), namespace.maybe_string("description")
    for place, each in enumerate(namespace.objects("tools")):
        for tool in offered(each, name):
            if about and not place and isinstance(tool, Tool):
                described = f"{tool.description}\n\nOf all {name} tools: {about}".strip()
                tool = Tool(tool.name, described, tool.schema, tool.strict, tool.extra)
            yield tool


def _grammar(tool: Fields) -> str:
    """OpenAI's models are held to it; others have to be told."""
    match tool.raw.get("format"):
        case {"type": "grammar", "syntax": str(syntax), "definition": str(definition)}:
            return f"The input has to follow this grammar ({syntax}):\n{definition}"
        case _:
            return ""


def _search(tool: Fields) -> JsonObject:
    """As Anthropic has it: that is the hub's form of it."""
    raw: dict[str, Json] = {"type": "web_search_20250305", "name": "web_search"}
    filters = tool.mapping("filters")
    for name in ("allowed_domains", "blocked_domains"):
        if domains := filters.get(name):
            raw[name] = domains
    if place := tool.mapping("user_location"):
        raw["user_location"] = {"type": "approximate", **{name: value for name, value in place.items() if value}}
    return raw


def taken(item: Fields, form: Form) -> JsonObject:
    """The input of a call, as the hub has it."""
    match form.shape:
        case "json":
            return arguments(item)
        case "text":
            return {"input": item.string(form.field)}
        case "object":
            raw = item.mapping(form.field)
            return {name: value for name, value in raw.items() if name not in form.within or form.within[name] != value}


def given(input: JsonObject, form: Form) -> JsonObject:
    """The object of a call, as the client has it."""
    return {**form.within, **input}
