from ccr.service.doctor.finding import ok, problem
from tests.service.doctor.conftest import Seen, acme


def test_a_finding_is_json_with_its_figures() -> None:
    assert ok("disk", "fine", {"free": 1}).as_json() == {
        "state": "ok",
        "title": "disk",
        "seen": "fine",
        "remedy": None,
        "free": 1,
    }


def test_keys_are_taken_out_of_what_was_seen_and_of_the_remedy(seen: Seen) -> None:
    here = seen(acme())
    found = here.without_keys(problem("live", "it said: bad key sk-acme-0123456789", "not sk-acme-0123456789"))
    assert (found.seen, found.remedy) == ("it said: bad key ***", "not ***")


def test_what_headers_hold_is_taken_out_too(seen: Seen) -> None:
    here = seen(acme(headers={"x-my-secret": "shh-0123456789", "x-short": "ok"}))
    assert here.without_keys(problem("x", "you sent shh-0123456789 ok")).seen == "you sent *** ok"


def test_the_routers_own_key_is_taken_out_too(seen: Seen) -> None:
    here = seen({**acme(), "APIKEY": "router-key-1"})
    assert here.without_keys(problem("x", "router-key-1")).seen == "***"


def test_what_names_the_router_badly_is_a_fault_and_no_error(seen: Seen) -> None:
    here = seen(CCR_ROUTER="nonsense")
    assert here.router is None
    assert here.fault.startswith("CCR_ROUTER is nonsense")


def test_a_broken_configuration_is_a_fault_and_no_error(seen: Seen) -> None:
    here = seen("{")
    assert here.router is not None
    assert here.configured is None
    assert "config.json" in here.fault
