"""A Chat Completions request -> hub."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from ccr.errors import BadRequest
from ccr.messages.blocks import Base64, Block, Document, FileId, Image, Opaque, Text, Thinking, ToolResult, ToolUse, Url
from ccr.messages.json import NOTHING, JsonObject
from ccr.messages.request import (
    AnyTool,
    BuiltinTool,
    Effort,
    Format,
    Reasoning,
    Request,
    Role,
    Tool,
    ToolChoice,
    Turn,
)
from ccr.wire.fields import Fields, model_name, parse
from ccr.wire.openai_fields import arguments, effort, inline, mode

_KNOWN = frozenset({
    "model", "messages", "tools", "tool_choice", "functions", "function_call", "parallel_tool_calls", "max_tokens",
    "max_completion_tokens", "reasoning_effort", "reasoning", "thinking", "response_format", "stop", "temperature",
    "top_p", "top_k", "stream", "user", "safety_identifier", "n",
})  # fmt: skip
_FREE: JsonObject = {"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"]}


class Said(NamedTuple):
    """A turn in the making."""

    role: Role
    content: list[Block]


def decode(body: bytes) -> Request:
    fields = parse(body)
    if (fields.maybe_integer("n") or 1) > 1:
        raise BadRequest("n: only one choice can be asked for")
    system, turns = conversation(fields)
    offered, choice = tools(fields)
    reasoning, effort = thinking(fields)
    return Request(
        model=model_name(fields),
        turns=turns,
        system=system,
        max_tokens=fields.maybe_integer("max_completion_tokens") or fields.maybe_integer("max_tokens"),
        tools=offered,
        tool_choice=choice,
        reasoning=reasoning,
        effort=effort,
        format=response_format(fields),
        stop=stop(fields),
        temperature=fields.maybe_number("temperature"),
        top_p=fields.maybe_number("top_p"),
        top_k=fields.maybe_integer("top_k"),
        stream=fields.maybe_boolean("stream") or False,
        user=fields.maybe_string("user") or fields.maybe_string("safety_identifier"),
        dialect="openai",
        extra=fields.extra(_KNOWN),
    )


def conversation(fields: Fields) -> tuple[tuple[Block, ...], tuple[Turn, ...]]:
    """System messages at the head are the prompt, later ones turns; results and what the user adds are one turn."""
    system: list[Block] = []
    turns: list[Said] = []
    latest: dict[str, str] = {}  # a function's name -> the id of its latest call, from before calls had ids
    if not fields.has("messages"):
        raise fields.wrong("messages", "a list")
    for message in fields.objects("messages"):
        role = message.string("role")
        match role:
            case "system" | "developer" if not turns:
                system += content(message)
            case "system" | "developer":
                turns.append(Said("system", content(message)))
            case "user":
                told(turns, content(message))
            case "tool":
                told(turns, [ToolResult(message.string("tool_call_id"), tuple(content(message)))])
            case "function":
                told(turns, [ToolResult(last_function(latest, message), tuple(content(message)))])
            case "assistant":
                blocks = list(spoken(message, len(turns)))
                turns.append(Said("assistant", blocks))
                latest |= {block.name: block.id for block in blocks if isinstance(block, ToolUse)}
            case _:
                raise BadRequest(
                    f"{message.at('role')}: expected system, developer, user, assistant or tool, not {role!r}"
                )
    if not turns:
        raise BadRequest("messages: expected at least one message of the user")
    return tuple(system), tuple([Turn(turn.role, tuple(turn.content)) for turn in turns])


def told(turns: list[Said], blocks: list[Block]) -> None:
    """Adds to the open user turn if it began with a result, as Anthropic's API wants them: all in one, and first."""
    if turns and turns[-1].role == "user" and turns[-1].content and isinstance(turns[-1].content[0], ToolResult):
        turns[-1].content.extend(blocks)
    else:
        turns.append(Said("user", blocks))


def last_function(latest: dict[str, str], message: Fields) -> str:
    name = message.string("name")
    if name in latest:
        return latest[name]
    raise BadRequest(f"{message.at('name')}: no earlier message calls the function {name!r}")


def content(message: Fields) -> list[Block]:
    match message.raw.get("content"):
        case None:
            return []
        case str(text):
            return [Text(text)]
        case list():
            return [block(part) for part in message.objects("content")]
        case _:
            raise message.wrong("content", "a string or a list of parts")


def block(part: Fields) -> Block:
    match part.string("type"):
        case "text":
            return Text(part.string("text"), cache_control(part))
        case "refusal":
            return Text(part.string("refusal"))
        case "image_url":
            return Image(address(part, "image_url"), cache_control(part))
        case "file":
            return file(part.object("file"))
        case _:
            return Opaque(part.raw)


def cache_control(part: Fields) -> JsonObject:
    """A mark of Anthropic's that clients of this wire may set as well (OpenRouter, LiteLLM)."""
    return {"cache_control": part.raw["cache_control"]} if part.has("cache_control") else NOTHING


def address(part: Fields, name: str) -> Base64 | Url:
    within = part.raw.get(name)
    url = within if isinstance(within, str) else part.object(name).string("url")
    if not url.startswith("data:"):
        return Url(url)
    return inline(url, f"{part.at(name)}.url")


def file(fields: Fields) -> Document:
    title = fields.maybe_string("filename")
    if fields.has("file_id"):
        return Document(FileId(fields.string("file_id")), title)
    data = fields.string("file_data")
    if data.startswith(("http://", "https://")):
        return Document(Url(data), title)
    return Document(inline(data, fields.at("file_data")), title)


def spoken(message: Fields, position: int) -> Iterator[Block]:
    for name in ("reasoning_content", "reasoning"):
        if isinstance(thought := message.raw.get(name), str) and thought:
            yield Thinking(thought)
            break
    yield from content(message)
    if refusal := message.maybe_string("refusal"):
        yield Text(refusal)
    for call in message.objects("tool_calls"):
        if call.has("custom"):
            custom = call.object("custom")
            yield ToolUse(call.string("id"), custom.string("name"), {"input": custom.string("input")})
        else:
            function = call.object("function")
            yield ToolUse(call.string("id"), function.string("name"), arguments(function))
    if function_call := message.maybe_object("function_call"):
        yield ToolUse(f"function_{position}", function_call.string("name"), arguments(function_call))


def tools(fields: Fields) -> tuple[tuple[AnyTool, ...], ToolChoice | None]:
    offered = tuple(tool(each) for each in fields.objects("tools"))
    offered += tuple(function(each) for each in fields.objects("functions"))
    choice = None
    names: set[str] | None = None
    match fields.raw.get("tool_choice"):
        case {"type": "allowed_tools"}:
            allowed = fields.object("tool_choice").object("allowed_tools")
            names = {named(each) for each in allowed.objects("tools")}
            choice = mode(allowed, "mode")
        case {}:
            choice = ToolChoice("tool", named(fields.object("tool_choice")))
        case str():
            choice = mode(fields, "tool_choice")
        case None:
            choice = legacy(fields)
        case _:
            raise fields.wrong("tool_choice", "a string or an object")
    if fields.maybe_boolean("parallel_tool_calls") is False:
        choice = replace(choice or ToolChoice("auto"), parallel=False)
    if names is not None:
        offered = tuple(each for each in offered if each.name in names)
    return offered, choice


def tool(fields: Fields) -> AnyTool:
    type = fields.string("type")
    match type:
        case "function":
            return function(fields.object("function"))
        case "custom":
            custom = fields.object("custom")
            return Tool(custom.string("name"), custom.maybe_string("description") or "", _FREE)
        case _:
            return BuiltinTool(type, fields.maybe_string("name") or type, fields.raw)


def function(fields: Fields) -> Tool:
    return Tool(
        fields.string("name"),
        fields.maybe_string("description") or "",
        fields.mapping("parameters"),
        fields.maybe_boolean("strict"),
    )


def named(fields: Fields) -> str:
    """{"type": "function", "function": {"name": …}}, and the like for other types."""
    return fields.object(fields.string("type")).string("name")


def legacy(fields: Fields) -> ToolChoice | None:
    if not fields.has("function_call"):
        return None
    if isinstance(fields.raw["function_call"], str):
        return mode(fields, "function_call")
    return ToolChoice("tool", fields.object("function_call").string("name"))


def thinking(fields: Fields) -> tuple[Reasoning | None, Effort | None]:
    """OpenAI's reasoning_effort, OpenRouter's reasoning, and thinking as LiteLLM and DeepSeek take it."""
    level = effort(fields, "reasoning_effort")
    budget: int | None = None
    off = level == "none"
    on = False
    if reasoning := fields.maybe_object("reasoning"):
        level = level or effort(reasoning, "effort")
        budget = reasoning.maybe_integer("max_tokens")
        off = off or level == "none" or reasoning.maybe_boolean("enabled") is False
        on = reasoning.maybe_boolean("enabled") or False
    if wish := fields.maybe_object("thinking"):
        budget = budget or wish.maybe_integer("budget_tokens")
        off = off or wish.maybe_string("type") == "disabled"
        on = True
    if off:
        return Reasoning("disabled"), None
    if budget:
        return Reasoning("enabled", budget), level
    return Reasoning("adaptive") if level or on else None, level


def response_format(fields: Fields) -> Format | None:
    wish = fields.maybe_object("response_format")
    if wish is None:
        return None
    match wish.string("type"):
        case "text":
            return None
        case "json_object":
            return Format(None)
        case "json_schema":
            schema = wish.object("json_schema")
            return Format(schema.mapping("schema"), schema.maybe_string("name") or "", schema.maybe_boolean("strict"))
        case other:
            raise BadRequest(f"{wish.at('type')}: expected text, json_object or json_schema, not {other!r}")


def stop(fields: Fields) -> tuple[str, ...]:
    if isinstance(one := fields.raw.get("stop"), str):
        return (one,)
    found: list[str] = []
    for path, text in fields.items("stop"):
        if not isinstance(text, str):
            raise BadRequest(f"{path}: expected a string")
        found.append(text)
    return tuple(found)
