from ccr.gateway.tried import MOST, besides, listed
from ccr.messages.record import Tried
from tests.support.wiring import target

LIMITED = Tried(target("or,x"), "slow down [or,x key 2]", 0.1, "2", "limited")
UNKNOWN = Tried(target("groq,y"), "no such model [groq,y]", 0.2, "", "unknown")
ANSWERED = Tried(target("groq,y"), None, 0.2)


def test_programs_read_target_key_and_outcome() -> None:
    assert listed([LIMITED, ANSWERED]) == "or,x#2=limited; groq,y=ok"


def test_people_read_what_else_was_tried_than_what_they_are_told() -> None:
    assert besides("no such model [groq,y]", [LIMITED, UNKNOWN]) == "also tried: or,x key 2: limited"
    assert besides("slow down [or,x key 2]; it asks for more", [LIMITED, UNKNOWN]) == "also tried: groq,y: unknown"


def test_people_read_who_was_passed_over() -> None:
    refused = Tried(target("or,x"), "who are you [or,x key 2]", 0.1, "2", "denied")
    assert besides("no such model [groq,y]", [refused], ["a,b key 1: limited", "c,d: failing"]) == (
        "also tried: or,x key 2: denied; passed over: a,b key 1: limited; c,d: failing"
    )
    assert besides("nobody can be asked: a,b key 1 is left alone", [], ["a,b key 1: limited"]) == ""


def test_what_was_tried_more_than_once_is_told_once_and_what_stands_alone_not_at_all() -> None:
    assert besides("else", [UNKNOWN, UNKNOWN]) == "also tried: groq,y: unknown"
    assert besides("no such model [groq,y]", [UNKNOWN, UNKNOWN]) == ""


def test_of_many_attempts_the_last_are_told() -> None:
    many = [Tried(target(f"a,{number}"), "no", 0.1, "", "busy") for number in range(40)]
    assert listed(many).startswith("...; a,28=busy; ")
    assert listed(many).count(";") == MOST
