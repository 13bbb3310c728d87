"""What the rules may look at, found in one pass over a request; what is meant for the router alone is taken out."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from ccr.messages.blocks import Block, Image, Text, ToolResult
from ccr.messages.request import BuiltinTool, Request, ToolChoice, Turn
from ccr.routing.decision import Facts
from ccr.routing.menu import unmarked
from ccr.routing.tokens import TokenCount
from ccr.wire.searching import must_search

TAG = re.compile(r"<CCR-SUBAGENT-MODEL>([^<>\x00-\x1f\x7f-\x9f]+)</CCR-SUBAGENT-MODEL>")
SESSION_HEADERS = ("x-claude-code-session-id", "thread-id", "session-id", "session_id")
WINDOW = "[1m]"
LONGEST_AGENT = LONGEST_CLASS = 64  # characters of a word
LONGEST_SESSION = 256  # characters of an id; what is longer is none
TAGGED_TURNS = 2  # a subagent's prompt is its first user turn; a client may put one of its own before it

EDITING_TOOLS = frozenset(
    {"Edit", "MultiEdit", "Write", "NotebookEdit", "apply_patch", "edit_file", "write_file", "str_replace_editor"}
)


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen, and the request without what was meant for the router."""

    facts: Facts
    request: Request
    removed: tuple[str, ...] = ()  # the tags, as they stood in the texts


def look(
    request: Request,
    *,
    headers: Mapping[str, str],
    tokens: TokenCount,
    last_input: int | None = None,
    scripted: str | None = None,
    agent: str | None = None,
) -> Look:
    """Header names are lower-case. `agent`: the subagent's type, as its parent named it."""
    asked, route = _without_context(request)
    seen, tags = _without_tags(asked)
    facts = Facts(
        asked_for=unmarked(_without_window(request.model)),
        tokens=tokens.tokens,
        exact=tokens.exact,
        last_input=last_input,
        route=route or headers.get("x-ccr-route", "").strip() or None,
        scripted=scripted,
        tagged=tags[0].group(1).strip() if tags else None,
        request_class=_request_class(seen, headers),
        agent=_word(agent or "") or _word(headers.get("x-claude-code-agent-type", ""))[:LONGEST_AGENT] or None,
        has_image=_has_image(_last_user_turn(request)),
        has_web_search=_searches(seen),
        only_searches=_only_searches(seen),
        has_tools=bool(seen.tools),
        has_editing_tools=any(tool.name in EDITING_TOOLS or _is_text_editor(tool) for tool in seen.tools),
        thinks=_thinks(request),
    )
    return Look(facts, seen, tuple(tag.group() for tag in tags))


def betas_of(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Features of Anthropic's API that a client asks for by name."""
    return tuple(filter(None, map(str.strip, headers.get("anthropic-beta", "").split(","))))


def session_of(request: Request, headers: Mapping[str, str]) -> str | None:
    """Claude Code's session: its header, or what it puts into `metadata.user_id` (JSON; before, `…_session_<id>`).
    Codex's: its headers; a thread is one conversation, a session has one for each agent."""
    user = request.user or ""
    named = next(filter(None, map(headers.get, SESSION_HEADERS)), None)
    session = named or _session_in_json(user) or user.partition("_session_")[2]
    return session if 0 < len(session) <= LONGEST_SESSION and session.isprintable() else None


def _session_in_json(user: str) -> str | None:
    if not user.startswith("{"):
        return None
    try:
        session = json.loads(user).get("session_id")
    except (ValueError, RecursionError):
        return None
    return session if isinstance(session, str) else None


def _without_window(model: str) -> str:
    """`[1m]` behind a model's name is Claude Code's word for a large window, and no part of the name."""
    return model[: -len(WINDOW)].rstrip() if model.lower().endswith(WINDOW) else model


def _without_context(request: Request) -> tuple[Request, str | None]:
    route = request.extra.get("context")
    if not isinstance(route, str):
        return request, None
    rest = {name: value for name, value in request.extra.items() if name != "context"}
    return replace(request, extra=rest), route.strip()


def _without_tags(request: Request) -> tuple[Request, list[re.Match[str]]]:
    """The very same request if it holds none, which is the rule."""
    tags: list[re.Match[str]] = []
    system = _untagged(request.system, tags)
    turns = list(request.turns)
    users = [place for place, turn in enumerate(turns) if turn.role == "user"]
    for place in users[:TAGGED_TURNS]:
        turns[place] = replace(turns[place], content=_untagged(turns[place].content, tags))
    return (replace(request, system=system, turns=tuple(turns)) if tags else request), tags


def _untagged(blocks: tuple[Block, ...], tags: list[re.Match[str]]) -> tuple[Block, ...]:
    """A block of which nothing is left goes too: no API takes an empty text."""
    kept: list[Block] = []
    for block in blocks:
        found = list(TAG.finditer(block.text)) if isinstance(block, Text) else []
        if found and isinstance(block, Text):
            tags += found
            block = replace(block, text=TAG.sub("", block.text))
            if not block.text.strip():
                continue
        kept.append(block)
    return tuple(kept)


def _last_user_turn(request: Request) -> Turn | None:
    return next((turn for turn in reversed(request.turns) if turn.role == "user"), None)


def _has_image(turn: Turn | None) -> bool:
    return turn is not None and any(isinstance(block, Image) for block in _flat(turn.content))


def _flat(blocks: Iterable[Block]) -> Iterable[Block]:
    for block in blocks:
        yield block
        if isinstance(block, ToolResult):
            yield from block.content


def _searches(request: Request) -> bool:
    """Codex offers its search with every request: there it says something only where nothing else is offered."""
    found = tuple(map(_is_web_search, request.tools))
    return bool(found) and all(found) if request.dialect == "responses" else any(found)


def _is_web_search(tool: object) -> bool:
    return isinstance(tool, BuiltinTool) and tool.type.startswith("web_search")


def _is_text_editor(tool: object) -> bool:
    return isinstance(tool, BuiltinTool) and tool.type.startswith("text_editor")


def _request_class(request: Request, headers: Mapping[str, str]) -> str | None:
    """What Claude Code says (with CLAUDE_CODE_GATEWAY_HINT_HEADERS=1), else what it shows; None for other clients."""
    said = _word(headers.get("x-claude-code-request-class", "")).lower()[:LONGEST_CLASS]
    if said == "probe" and not _probes(request):  # a probe is answered here: whoever says it must show it too
        said = ""
    if said and said != "auxiliary":
        return said
    if kind := _codex_class(headers):
        return kind
    first = request.system[0] if request.system else None
    billing = first.text if isinstance(first, Text) and first.text.startswith("x-anthropic-billing-header:") else ""
    if not said and not billing and not headers.get("user-agent", "").startswith("claude-cli/"):
        return None
    if sign := next((kind for kind, shows in SIGNS if shows(request)), None):
        return sign
    if said:
        # /btw asks with the whole conversation. What is not streamed may be a judge in words that we do not know yet.
        return "side_reply" if not request.stream or (request.tools and _thinks(request)) else said
    if "x-claude-code-agent-id" in headers or "cc_is_subagent=true" in billing:
        return "subagent"
    return "main"


def _word(text: str) -> str:
    """As it may stand in a log; "" for what no word is."""
    return text.strip() if text.isprintable() else ""


def _codex_class(headers: Mapping[str, str]) -> str | None:
    """What Codex says of a turn: {"request_kind": "turn", …}."""
    try:
        said = json.loads(headers.get("x-codex-turn-metadata", ""))
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, Mapping):
        return None
    if said.get("request_kind") == "compaction":
        return "compaction"
    return "subagent" if "x-openai-subagent" in headers or "parent_thread_id" in said else "main"


def _judges(request: Request) -> bool:
    """The judge of a risky command: a transcript between two marks, in one piece; or what explains one to the user."""
    if request.stream:
        return False
    if isinstance(tool := request.tool_choice, ToolChoice) and tool.name == "explain_command":
        return True
    texts = _last_texts(request)
    return not request.tools and bool(texts) and texts[0].strip() == "<transcript>"


def _probes(request: Request) -> bool:
    """`/model x` asks x for one token."""
    whole = not request.stream and not request.tools and len(request.turns) == 1
    return whole and request.max_tokens == 1 and _last_texts(request) == ["Hi"]


def _compacts(request: Request) -> bool:
    texts = _last_texts(request)
    return bool(texts) and texts[-1].startswith("CRITICAL: Respond with TEXT ONLY.")


def _makes_title(request: Request) -> bool:
    """A session's title is asked for as JSON with one field."""
    if request.tools or request.format is None or request.format.schema is None:
        return False
    properties = request.format.schema.get("properties")
    return isinstance(properties, Mapping) and set(properties) == {"title"}


def _summarises_page(request: Request) -> bool:
    """WebFetch sends one text, streamed, without tools and thinking."""
    if request.tools or not request.stream or len(request.turns) != 1:
        return False
    return not _thinks(request) and len(request.turns[0].content) == 1


def _only_searches(request: Request) -> bool:
    return bool(request.tools) and all(map(_is_web_search, request.tools)) and must_search(request)


def _thinks(request: Request) -> bool:
    return request.reasoning is not None and request.reasoning.mode != "disabled"


def _last_texts(request: Request) -> list[str]:
    turn = _last_user_turn(request)
    return [block.text for block in turn.content if isinstance(block, Text)] if turn else []


# By what each kind shows itself, in all versions; the client's own word for most of them is "auxiliary".
SIGNS: tuple[tuple[str, Callable[[Request], bool]], ...] = (
    ("safety", _judges),
    ("search", _only_searches),
    ("probe", _probes),
    ("compaction", _compacts),
    ("auxiliary", _makes_title),
    ("auxiliary", _summarises_page),
)
