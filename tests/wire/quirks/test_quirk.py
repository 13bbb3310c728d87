from ccr.messages.request import Request
from ccr.wire.quirks import Quirk


def test_a_quirk_without_functions_changes_nothing() -> None:
    quirk, request = Quirk("none"), Request("m", ())
    assert quirk.request(request) is request
    assert quirk.body({"a": 1}) == {"a": 1}
    assert quirk.stage is None
