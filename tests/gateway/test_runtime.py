from ccr.errors import ConfigInvalid
from ccr.gateway.runtime import Current
from tests.support.wiring import Wired


def test_a_new_generation_replaces_the_old_one_and_what_was_wrong_before_it() -> None:
    old, new = Wired().runtime, Wired().runtime
    current = Current(old)
    current.rejected = ConfigInvalid("Providers: not a list")
    current.swap(new)
    assert (current.runtime, current.generation) == (new, 2)
    assert not current.rejected
