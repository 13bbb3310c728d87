"""All checks, in the order in which they are told."""

from collections.abc import Sequence

from ccr.errors import ServiceProblem
from ccr.service.doctor.claude import claude, conflicts
from ccr.service.doctor.configuration import configuration, keys
from ccr.service.doctor.end_to_end import end_to_end
from ccr.service.doctor.finding import Check
from ccr.service.doctor.live import live
from ccr.service.doctor.machine import disk, home, permissions, versions
from ccr.service.doctor.process import port, router
from ccr.service.doctor.providers import WITHIN, local, providers

LIVE = Check("live", live, alone=True)
END_TO_END = Check("end-to-end", end_to_end, configured=False, alone=True)

CHECKS: tuple[Check, ...] = (
    Check("versions", versions, configured=False),
    Check("config", configuration, configured=False),
    Check("keys", keys),
    Check("permissions", permissions, configured=False),
    Check("home", home, configured=False),
    Check("disk", disk, configured=False),
    Check("router", router, seconds=10.0, configured=False),
    Check("port", port),
    Check("claude", claude, seconds=12.0, configured=False),
    Check("conflicts", conflicts),
    Check("local", local, seconds=15.0),
    Check("providers", providers, seconds=WITHIN + 3),
    LIVE,
    END_TO_END,
)
ASKED_FOR = (LIVE.name,)  # they cost money
SLOW = (END_TO_END.name,)


def chosen(only: Sequence[str], *, live: bool, quick: bool) -> tuple[Check, ...]:
    """Raises ServiceProblem for a name that is none."""
    names = [check.name for check in CHECKS]
    if unknown := next((name for name in only if name not in names), None):
        raise ServiceProblem(f"there is no check {unknown}; there are {', '.join(names)}")
    if only:
        return tuple(check for check in CHECKS if check.name in only or (live and check is LIVE))
    left_out = {*(() if live else ASKED_FOR), *(SLOW if quick else ())}
    return tuple(check for check in CHECKS if check.name not in left_out)
