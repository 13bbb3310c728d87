"""What was tried for a request, in a line: for programs, and for people."""

from collections.abc import Sequence

from ccr.messages.record import Tried

MOST = 12  # attempts that are told: the last ones


def listed(tried: Sequence[Tried]) -> str:
    """`openrouter,x#2=limited; groq,y=ok`: target, key where there are several, and how it failed."""
    return "; ".join(_of_the_last([f"{_keyed(each, '#')}={each.kind or 'ok'}" for each in tried]))


def besides(message: str, tried: Sequence[Tried], unasked: Sequence[str] = ()) -> str:
    """What else was tried than what the message tells, and what was not."""
    others = [each for each in tried if each.failure and not message.startswith(each.failure)]
    ways = dict.fromkeys(f"{_keyed(each, ' key ')}: {each.kind}" for each in others)
    told = {
        "also tried": list(ways),
        "passed over": [each for each in unasked if each.rpartition(": ")[0] not in message],
    }
    return "; ".join(f"{what}: {'; '.join(_of_the_last(each))}" for what, each in told.items() if each)


def _of_the_last(ways: list[str]) -> list[str]:
    return ways if len(ways) <= MOST else ["...", *ways[-MOST:]]


def _keyed(tried: Tried, sign: str) -> str:
    return f"{tried.target}{sign}{tried.key}" if tried.key else str(tried.target)
