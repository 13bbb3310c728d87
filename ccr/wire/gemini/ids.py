"""Ids of calls. Gemini 3 gives them and wants them back; 2.x gives none, and Vertex knew no such field:
"Unknown name "id" at 'contents[1].parts[0].function_call': Cannot find field."

So an id says by its first letters that it was given.
"""

import re

_GIVEN = "gemini_"
_LEGAL = re.compile(r"[a-zA-Z0-9_-]+")


def kept(id: str) -> str:
    """An id for the client; "" where one must be made, because there is none or it would not come back as it was."""
    return _GIVEN + id if _LEGAL.fullmatch(id) else ""


def given(id: str) -> str:
    """The id that Gemini gave; "" for one that it did not."""
    return id.removeprefix(_GIVEN) if id.startswith(_GIVEN) else ""
