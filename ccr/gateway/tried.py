"""What was tried for a request, in a line: for programs, and for people."""

from collections.abc import Sequence

from ccr.messages.record import Tried

MOST = 12  # attempts that are told: the last ones


def listed(tried: Sequence[Tried]) -> str:
    """`openrouter,x#2=limited; groq,y=ok`: target, key where there are several, and how it failed."""
    return "; ".join(_of_the_last([f"{_keyed(each, '#')}={each.kind or 'ok'}" for each in tried]))


def besides(message: str, tried: Sequence[Tried]) -> str:
    """What else was tried than what the message tells."""
    others = [each for each in tried if each.failure and not message.startswith(each.failure)]
    if not others:
        return ""
    ways = dict.fromkeys(f"{_keyed(each, ' key ')}: {each.kind}" for each in others)
    return f"also tried: {'; '.join(_of_the_last(list(ways)))}"


def _of_the_last(ways: list[str]) -> list[str]:
    return ways if len(ways) <= MOST else ["...", *ways[-MOST:]]


def _keyed(tried: Tried, sign: str) -> str:
    return f"{tried.target}{sign}{tried.key}" if tried.key else str(tried.target)
