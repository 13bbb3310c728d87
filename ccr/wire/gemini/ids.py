"""Ids of calls. Before 3 Gemini gave none, and Vertex knows no such field there: "Unknown name "id" at
'contents[1].parts[0].function_call': Cannot find field." From 3 on it gives them, and without them it mixes up results,
answers with nothing, or (3.5) refuses: https://github.com/BerriAI/litellm/pull/34603

An id says by its first letters whether it was given. A call of another model goes by the id that it has here.
"""

import re

from ccr.wire.callids import digest
from ccr.wire.gemini.families import Family

_GIVEN, _MADE = "gemini_", "gemini-"
_LEGAL = re.compile(r"[a-zA-Z0-9_-]+")


def kept(id: str, place: str) -> str:
    """An id for the client; one is made from its place where there is none, or it would not come back as it was."""
    return _GIVEN + id if _LEGAL.fullmatch(id) else _MADE + digest(place)[:24]


def sent(id: str, family: Family) -> str:
    """The id as the model hears it; "" for none."""
    if family.version and not family.newer:
        return ""
    if id.startswith(_GIVEN):
        return id.removeprefix(_GIVEN)
    return id if family.newer and not id.startswith(_MADE) else ""
