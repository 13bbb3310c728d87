"""A Responses request -> hub."""

from dataclasses import replace

from ccr.errors import BadRequest
from ccr.messages.blocks import Block, Text
from ccr.messages.json import Json, JsonObject
from ccr.messages.request import AnyTool, Effort, Format, Reasoning, Request, ToolChoice, Turn
from ccr.wire.fields import Fields, model_name, parse
from ccr.wire.openai_fields import effort, mode
from ccr.wire.openai_responses.forms import flat, offered
from ccr.wire.openai_responses.items import STATELESS, Conversation, content

_KNOWN = frozenset({
    "model", "input", "instructions", "tools", "tool_choice", "parallel_tool_calls", "max_output_tokens", "reasoning",
    "text", "temperature", "top_p", "stream", "user", "safety_identifier", "previous_response_id", "conversation",
    "prompt", "background",
})  # fmt: skip
# Features that live on OpenAI's servers. A null or false asks for none.
_STATEFUL = {
    "previous_response_id": f"previous_response_id is not supported: {STATELESS}",
    "conversation": f"conversation is not supported: {STATELESS}",
    "prompt": "prompt: stored prompts are OpenAI's; send the text in `instructions` and `input`",
    "background": "background is not supported: the router keeps no responses; stream the answer instead",
}


def decode(body: bytes) -> Request:
    fields = parse(body)
    for name, remedy in _STATEFUL.items():
        if fields.raw.get(name):
            raise BadRequest(remedy)
    system, turns, brought = _conversation(fields)
    offers, choice = _tools(fields, brought)
    reasoning, level, reasoning_rest = _reasoning(fields)
    format, text_rest = _text(fields)
    rests: dict[str, Json] = {"reasoning": reasoning_rest, "text": text_rest}
    return Request(
        model=model_name(fields),
        turns=turns,
        system=system,
        max_tokens=fields.maybe_integer("max_output_tokens"),
        tools=offers,
        tool_choice=choice,
        reasoning=reasoning,
        effort=level,
        format=format,
        temperature=fields.maybe_number("temperature"),
        top_p=fields.maybe_number("top_p"),
        stream=fields.maybe_boolean("stream") or False,
        user=fields.maybe_string("safety_identifier") or fields.maybe_string("user"),
        dialect="responses",
        extra={**fields.extra(_KNOWN), **{name: rest for name, rest in rests.items() if rest}},
    )


def _conversation(fields: Fields) -> tuple[tuple[Block, ...], tuple[Turn, ...], list[AnyTool]]:
    """System messages at the head are the prompt, as `instructions` are; later ones are turns."""
    said = Conversation()
    match fields.raw.get("input"):
        case str(text):
            said.hear(Fields({"role": "user", "content": text}, "input"))
        case list():
            for item in fields.objects("input"):
                said.hear(item)
        case _:
            raise fields.wrong("input", "a string or a list of items")
    if not said.turns:
        raise BadRequest("input: expected at least one message of the user")
    return (*_instructions(fields), *said.system), said.turns, said.tools


def _instructions(fields: Fields) -> list[Block]:
    match fields.raw.get("instructions"):
        case None:
            return []
        case str(text):
            return [Text(text)]
        case list():
            return [block for item in fields.objects("instructions") for block in content(item)]
        case _:
            raise fields.wrong("instructions", "a string")


def _tools(fields: Fields, brought: list[AnyTool]) -> tuple[tuple[AnyTool, ...], ToolChoice | None]:
    """Those of the request, then those that came with items: found later, they stand later."""
    own = [tool for each in fields.objects("tools") for tool in offered(each)]
    tools = {tool.name: tool for tool in (*own, *brought)}
    choice = None
    match fields.raw.get("tool_choice"):
        case {"type": "allowed_tools"}:
            allowed = fields.object("tool_choice")
            names = {_named(each) for each in allowed.objects("tools")}
            tools = {name: tool for name, tool in tools.items() if name in names}
            choice = mode(allowed, "mode")
        case {}:
            choice = ToolChoice("tool", _named(fields.object("tool_choice")))
        case str():
            choice = mode(fields, "tool_choice")
        case None:
            pass
        case _:
            raise fields.wrong("tool_choice", "a string or an object")
    if fields.maybe_boolean("parallel_tool_calls") is False:
        choice = replace(choice or ToolChoice("auto"), parallel=False)
    return tuple(tools.values()), choice


def _named(tool: Fields) -> str:
    """{"type": "function", "name": …}, or a built-in tool by its type."""
    type = tool.string("type")
    if tool.has("name"):
        return flat(tool.string("name"), tool.maybe_string("namespace"))
    return "web_search" if type.startswith("web_search") else type


def _reasoning(fields: Fields) -> tuple[Reasoning | None, Effort | None, JsonObject]:
    wish = fields.maybe_object("reasoning")
    if wish is None:
        return None, None, {}
    level, rest = effort(wish, "effort"), wish.extra(("effort",))
    if level == "none":
        return Reasoning("disabled"), None, rest
    return Reasoning("adaptive") if level else None, level, rest


def _text(fields: Fields) -> tuple[Format | None, JsonObject]:
    wish = fields.maybe_object("text")
    if wish is None:
        return None, {}
    format = wish.maybe_object("format")
    return _format(format) if format else None, wish.extra(("format",))


def _format(wish: Fields) -> Format | None:
    match wish.string("type"):
        case "text":
            return None
        case "json_object":
            return Format(None)
        case "json_schema":
            return Format(wish.mapping("schema"), wish.maybe_string("name") or "", wish.maybe_boolean("strict"))
        case other:
            raise BadRequest(f"{wish.at('type')}: expected text, json_object or json_schema, not {other!r}")
