from ccr.service.elsewhere import Elsewhere
from ccr.service.here import Here
from ccr.service.router import used


def test_the_router_is_ours_unless_another_is_named() -> None:
    assert isinstance(used({"HOME": "/nowhere"}), Here)
    assert isinstance(used({"HOME": "/nowhere", "CCR_ROUTER": "http://127.0.0.1:3456"}), Elsewhere)
