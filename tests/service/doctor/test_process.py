import socket

from ccr import __version__
from ccr.service.doctor.process import port, router
from tests.service.doctor.conftest import Seen, acme
from tests.support.pages import KEY, Pages


def test_no_router_is_no_problem(seen: Seen) -> None:
    (found,) = router(seen(acme()))
    assert (found.state, found.seen) == ("ok", "is not running; `ccr code` and `ccr start` start it")


def test_a_router_that_is_badly_named_is_a_problem(seen: Seen) -> None:
    (found,) = router(seen(CCR_ROUTER="nonsense"))
    assert found.state == "problem"


def test_a_router_elsewhere_that_is_not_there_is_a_problem(seen: Seen) -> None:
    (found,) = router(seen(CCR_ROUTER="http://127.0.0.1:1"))
    assert (found.state, found.seen) == ("problem", "is not there (http://127.0.0.1:1)")


def test_a_router_of_another_version_is_a_warning(seen: Seen, pages: Pages) -> None:
    pages.router()
    runs, other = router(seen(CCR_ROUTER=pages.address, CCR_API_KEY=KEY))
    assert (runs.state, runs.seen) == ("ok", f"runs at {pages.address} (pid 7)")
    assert (other.state, other.seen) == ("warning", f"it is version 1.2.3, and this command is {__version__}")


def test_a_configuration_that_the_router_rejected_is_a_problem(seen: Seen, pages: Pages) -> None:
    pages.router(rejected="config.json: PORT: nonsense")
    found = next(router(seen(CCR_ROUTER=pages.address, CCR_API_KEY=KEY)))
    assert (found.state, found.seen) == ("problem", "config.json: PORT: nonsense")


def test_who_is_passed_over_is_a_warning(seen: Seen, pages: Pages) -> None:
    pages.router(passed_over=["or key 2: unpaid; asked again in 9 min"], version=__version__)
    runs, over = router(seen(CCR_ROUTER=pages.address, CCR_API_KEY=KEY))
    assert (runs.state, over.state, over.seen) == ("ok", "warning", "or key 2: unpaid; asked again in 9 min")


def test_what_is_not_well_with_the_router_is_a_problem(seen: Seen, pages: Pages) -> None:
    log = "the log /x/ccr.log cannot be written: Read-only file system"
    pages.router(problems=[log, "PORT is 3 by now; `ccr restart` makes it hold"], version=__version__)
    runs, *told = router(seen(CCR_ROUTER=pages.address, CCR_API_KEY=KEY))
    assert (runs.state, [each.state for each in told]) == ("ok", ["problem", "problem"])
    assert [(each.seen, each.remedy) for each in told] == [
        (log, ""),
        ("PORT is 3 by now", "`ccr restart` makes it hold"),
    ]


def test_a_wrong_key_is_a_problem(seen: Seen, pages: Pages) -> None:
    pages.router()
    found = next(router(seen(CCR_ROUTER=pages.address, CCR_API_KEY="wrong")))
    assert (found.state, found.remedy) == ("problem", "the key in CCR_API_KEY is not the router's")


def test_a_router_that_is_unwell_is_a_problem(seen: Seen, pages: Pages) -> None:
    pages.router()
    pages.unwell = True
    (found,) = router(seen(CCR_ROUTER=pages.address, CCR_API_KEY=KEY))
    assert (found.state, found.seen) == ("problem", f"does not answer well at {pages.address} (pid 7)")


def test_a_port_that_is_taken_is_a_problem_with_its_owner(seen: Seen) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taker:
        taken = taker.getsockname()[1]
        (found,) = port(seen({**acme(), "PORT": taken}))
    assert (found.state, found.title) == ("problem", "port")
    assert found.seen.startswith(f"port {taken} is taken by pid ")
    assert found.remedy.startswith("stop that, or choose another port")


def test_a_free_port_is_well(seen: Seen) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taker:
        free = taker.getsockname()[1]
    (found,) = port(seen({**acme(), "PORT": free}))
    assert (found.state, found.seen) == ("ok", f"{free} is free")


def test_the_port_of_a_router_elsewhere_is_its_own(seen: Seen, pages: Pages) -> None:
    pages.router()
    assert [each.state for each in port(seen(CCR_ROUTER=pages.address, CCR_API_KEY=KEY))] == ["ok"]
