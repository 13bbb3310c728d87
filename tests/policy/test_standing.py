from ccr.config.schema import Breaker
from ccr.errors import UpstreamFailed
from ccr.ids import ModelName, ProviderName, Target
from ccr.policy.attempt import Attempt
from ccr.policy.standing import Standing

ATTEMPT = Attempt(Target(ProviderName("a"), ModelName("m")))


def test_what_is_told_of_an_attempt_is_taken() -> None:
    standing = Standing()
    standing.configure(Breaker(failures=0))
    standing.began(ATTEMPT, 0.0)
    standing.answered(ATTEMPT, 0.5, 0.5)
    standing.failed(ATTEMPT, UpstreamFailed("down"), 1.0)
    standing.ended(ATTEMPT, 10, 1.0)
