"""Input items -> turns. What the model said in a row is one turn, and so are results and what the user adds.

Items that have no form in the hub are put into words: nothing that the model should know is lost.
"""

from typing import NamedTuple

from ccr.errors import BadRequest
from ccr.messages.blocks import (
    Block,
    Document,
    FileId,
    Image,
    Opaque,
    Text,
    ToolResult,
    ToolUse,
    Url,
)
from ccr.messages.json import Json, JsonObject
from ccr.messages.request import AnyTool, Role, Turn
from ccr.wire.fields import Fields
from ccr.wire.openai_fields import inline
from ccr.wire.openai_responses.forms import BY_ANSWER, BY_ITEM, PATCH, SEARCH, Form, flat, offered, taken
from ccr.wire.openai_responses.thoughts import thought
from ccr.wire.wording import compact

# What is not for the model to read, and what it cannot read.
_UNSAID = frozenset({"type", "id", "call_id", "status", "encrypted_content", "result", "role"})
_UNREADABLE = "[An earlier part of this conversation was compacted by another provider, and can only be read there.]"


class Said(NamedTuple):
    """A turn in the making."""

    role: Role
    content: list[Block]


class Conversation:
    def __init__(self) -> None:
        self.system: list[Block] = []
        self.tools: list[AnyTool] = []  # that came with an item
        self._turns: list[Said] = []

    @property
    def turns(self) -> tuple[Turn, ...]:
        return tuple([Turn(turn.role, tuple(turn.content)) for turn in self._turns])

    def hear(self, item: Fields) -> None:
        unnamed = "item_reference" if item.has("id") and not item.has("role") else "message"
        type = item.maybe_string("type") or unnamed
        if type in BY_ITEM:
            self._spoken(_call(item, *BY_ITEM[type]))
        elif type in BY_ANSWER:
            self._told(self._answer(item, BY_ANSWER[type]))
        else:
            self._hear(type, item)

    def _hear(self, type: str, item: Fields) -> None:
        match type:
            case "message":
                self._message(item)
            case "reasoning":
                self._spoken(thought(item))
            case "additional_tools":
                self._offered(item)
            case "agent_message":
                author = item.maybe_string("author") or "another agent"
                self._told(Text(f"[A message of {author}:]"), *content(item))
            case "item_reference":
                raise BadRequest(f"{item.path}: item_reference is not supported; {STATELESS}")
            case "compaction_trigger":
                raise BadRequest(
                    f"{item.path}: compaction on the server is not supported; let the client summarise the conversation"
                )
            case "compaction" | "context_compaction":
                self._told(Text(_UNREADABLE))
            case _ if type.endswith("_call"):
                self._spoken(Text(_words(type, item.raw)))
            case _:
                self._told(Text(_words(type, item.raw)))

    def _message(self, message: Fields) -> None:
        role = message.string("role")
        blocks = content(message)
        match role:
            case "system" | "developer" if not self._turns:
                self.system += blocks
            case "system" | "developer":
                self._turns.append(Said("system", blocks))
            case "user":
                self._told(*blocks)
            case "assistant":
                self._spoken(*blocks)
            case _:
                raise BadRequest(f"{message.at('role')}: expected user, assistant, system or developer, not {role!r}")

    def _spoken(self, *blocks: Block) -> None:
        if not (self._turns and self._turns[-1].role == "assistant"):
            self._turns.append(Said("assistant", []))
        self._turns[-1].content.extend(blocks)

    def _told(self, *blocks: Block) -> None:
        """Adds to the open user turn if it began with a result, as Anthropic's API wants them: all in one, and first."""
        last = self._turns[-1] if self._turns else None
        if last and last.role == "user" and last.content and isinstance(last.content[0], ToolResult):
            last.content.extend(blocks)
        else:
            self._turns.append(Said("user", list(blocks)))

    def _answer(self, item: Fields, form: Form) -> ToolResult:
        failed = form is PATCH and item.maybe_string("status") == "failed"
        found = self._found(item) if form is SEARCH else output(item)
        return ToolResult(_id(item), tuple(found), is_error=failed)

    def _found(self, item: Fields) -> list[Block]:
        """Tools that the client found: from now on the model may call them."""
        tools = self._offered(item)
        return [Text("\n".join(f"{tool.name} can be called from now on." for tool in tools) or "Nothing was found.")]

    def _offered(self, item: Fields) -> list[AnyTool]:
        tools = [tool for each in item.objects("tools") for tool in offered(each)]
        self.tools += tools
        return tools


STATELESS = "the router keeps no conversations: send all items in `input`, with `store: false`"


def _call(item: Fields, type: str, form: Form) -> ToolUse:
    name = item.string("name") if form.shape != "object" else type
    return ToolUse(_id(item), flat(name, item.maybe_string("namespace")), taken(item, form))


def _id(item: Fields) -> str:
    return item.string("call_id") if item.has("call_id") or not item.has("id") else item.string("id")


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
        case "input_text" | "output_text" | "text" | "summary_text" | "reasoning_text":
            return Text(part.string("text"))
        case "refusal":
            return Text(part.string("refusal"))
        case "input_image" | "computer_screenshot":
            return picture(part)
        case "input_file":
            return file(part)
        case "input_audio":
            return Opaque(part.raw)
        case type:
            return Text(_words(type, part.raw))


def picture(part: Fields) -> Image:
    if part.has("file_id"):
        return Image(FileId(part.string("file_id")))
    url = part.string("image_url")
    return Image(inline(url, part.at("image_url")) if url.startswith("data:") else Url(url))


def file(part: Fields) -> Document:
    title = part.maybe_string("filename")
    if part.has("file_id"):
        return Document(FileId(part.string("file_id")), title)
    if part.has("file_url"):
        return Document(Url(part.string("file_url")), title)
    return Document(inline(part.string("file_data"), part.at("file_data")), title)


def output(item: Fields) -> list[Block]:
    """What a tool answered: a text, parts of a message, or a structure of its own."""
    match item.raw.get("output"):
        case None:
            status = item.maybe_string("status")
            return [Text(status)] if status else []
        case str(text):
            return [Text(text)]
        case list():
            return [block(part) if part.has("type") else Text(compact(part.raw)) for part in item.objects("output")]
        case other:
            return [Text(compact(other))]


def _words(type: str, item: JsonObject) -> str:
    """An item as the model can read it."""
    said = {name: _readable(value) for name, value in item.items() if name not in _UNSAID and value is not None}
    return f"[{type}: {compact(said)}]" if said else f"[{type}]"


def _readable(value: Json) -> Json:
    match value:
        case str() if value.startswith("data:"):
            return "…"
        case list():
            return [_readable(inner) for inner in value]
        case dict():
            return {name: _readable(inner) for name, inner in value.items() if name not in _UNSAID - {"type"}}
        case _:
            return value
