from ccr.ids import ModelName, ProviderName, Target
from ccr.routing.decision import Decision


def target(text: str) -> Target:
    provider, _, model = text.partition(",")
    return Target(ProviderName(provider), ModelName(model))


def test_the_chain_begins_with_the_target() -> None:
    decision = Decision(target("a,x"), "default", "no other rule answers", (target("b,y"), target("c,z")))
    assert decision.chain == (target("a,x"), target("b,y"), target("c,z"))
