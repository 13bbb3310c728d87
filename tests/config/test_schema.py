from ccr.config.schema import Notice, Routes, Secret
from ccr.ids import ModelName, ProviderName, Target


def test_a_secret_does_not_print() -> None:
    secret = Secret("sk-1")
    assert "sk-1" not in f"{secret} {secret!r} {[secret]}"
    assert secret.reveal() == "sk-1"


def test_secrets_compare_by_value() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
    assert (bool(Secret("a")), bool(Secret(""))) == (True, False)


def test_a_notice_names_its_place_if_it_has_one() -> None:
    assert str(Notice("a.b", "is odd")) == "a.b: is odd"
    assert str(Notice("", "is odd")) == "is odd"


def test_a_route_is_found_by_name() -> None:
    target = Target(ProviderName("p"), ModelName("m"))
    assert Routes({"default": target}).get("default") == target
    assert Routes().get("default") is None
