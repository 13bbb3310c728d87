"""How much a model shall think -> thinkingConfig."""

from ccr.messages.json import JsonObject
from ccr.messages.request import Effort, Request
from ccr.wire.gemini.families import Family, Level

_LEVELS: tuple[Level, ...] = ("minimal", "low", "medium", "high")
# Google's own equation, for its OpenAI-compatible API: https://ai.google.dev/gemini-api/docs/openai#thinking
_BUDGETS: dict[Effort, int] = {
    "minimal": 1024,
    "low": 1024,
    "medium": 8192,
    "high": 24576,
    "xhigh": 32768,
    "max": 32768,
}
_AS_IT_PLEASES = -1


def thinking(request: Request, family: Family) -> JsonObject:
    """Nothing where nothing was wished, or where the model takes no wishes."""
    reasoning, effort = request.reasoning, request.effort
    if reasoning is None and effort is None:
        return {}
    rests = effort == "none" or (reasoning is not None and reasoning.mode == "disabled")
    budget = reasoning.budget if reasoning else None
    if family.budgets:
        wished = 0 if rests else budget or (_BUDGETS[effort] if effort else _AS_IT_PLEASES)
        return _told({"thinkingBudget": _within(wished, request.max_tokens, family)}, shown=not rests)
    if family.levels:
        wish = "minimal" if rests else _level(effort, budget)
        return _told({"thinkingLevel": _known(wish, family)} if wish else {}, shown=not rests)
    return {}


def _told(wish: JsonObject, *, shown: bool) -> JsonObject:
    return {"thinkingConfig": {**wish, "includeThoughts": True} if shown else wish}


def _within(wished: int, max_tokens: int | None, family: Family) -> int:
    """Thoughts count against maxOutputTokens: something must be left for the answer."""
    assert family.budgets
    if wished == _AS_IT_PLEASES or (wished == 0 and family.can_rest):
        return wished
    least, most = family.budgets
    if max_tokens is not None and wished >= max_tokens:
        wished = max_tokens // 2
    return min(max(wished, least), most)


def _level(effort: Effort | None, budget: int | None) -> Level | None:
    match effort:
        case "minimal" | "low" | "medium" | "high":
            return effort
        case "xhigh" | "max":
            return "high"
        case _ if budget is None:
            return None  # adaptive: as it pleases
        case _:
            return "low" if budget < 4096 else "medium" if budget < 16384 else "high"


def _known(wish: Level, family: Family) -> Level:
    """The highest that the model knows and that is not above the wish; a medium it does not know becomes high."""
    if wish in family.levels:
        return wish
    above = [level for level in family.levels if _LEVELS.index(level) > _LEVELS.index(wish)]
    return above[0]
