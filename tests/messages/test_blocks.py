"""Content blocks."""

import pytest

from ccr.messages.blocks import Opaque


@pytest.mark.parametrize(("raw", "type"), [({"type": "server_tool_use"}, "server_tool_use"), ({}, "")])
def test_an_unknown_block_says_its_type(raw: dict[str, object], type: str) -> None:
    assert Opaque(raw).type == type
