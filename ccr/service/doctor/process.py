"""The router's process, and its port."""

from collections.abc import Iterator

from ccr import __version__
from ccr.errors import ServiceProblem
from ccr.service import ports
from ccr.service.doctor.finding import Finding, Surroundings, ok, parted, problem, warning

ASK_NOW = "`ccr provider test NAME` asks it; `ccr restart` forgets this"


def router(here: Surroundings) -> Iterator[Finding]:
    if here.router is None:
        yield problem("router", here.fault)
        return
    found = here.router.status(here.now)
    if found.condition == "not running":
        if here.elsewhere:
            yield problem("router", f"is not there ({found.address})", found.remedy or "")
        else:
            yield ok("router", "is not running; `ccr code` and `ccr start` start it")
        return
    where = f"{found.address}{f' (pid {found.pid})' if found.pid else ''}"
    if found.condition == "unhealthy":
        yield problem(found.name, f"does not answer well at {where}", found.remedy or "")
        return
    if found.details.rejected or (found.remedy and not found.details.pid):
        yield problem(found.name, found.details.rejected or "does not take this shell's key", found.remedy or "")
    yield ok(found.name, f"runs at {where}")
    for each in found.details.problems:
        yield problem(found.name, *parted(each))
    for each in found.details.passed_over:
        yield warning("passed over", each, ASK_NOW)
    theirs = found.details.version
    if theirs and theirs != __version__:
        remedy = "update the image" if here.elsewhere else "`ccr restart`"
        yield warning(found.name, f"it is version {theirs}, and this command is {__version__}", remedy)


def port(here: Surroundings) -> Iterator[Finding]:
    if here.elsewhere:
        yield ok("port", "is where the router runs")
        return
    assert here.configured is not None
    server = here.config.server
    if here.configured.router:
        yield ok("port", f"{here.configured.router.port} is the router's")
        return
    try:
        ports.refuse_taken(server.host, server.port)
    except ServiceProblem as taken:
        yield problem("port", *parted(taken.message))
        return
    yield ok("port", f"{server.port} is free")
