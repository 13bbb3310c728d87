from ccr.config.keys import MEANINGS, PLACES, UNSUPPORTED


def test_every_setting_has_a_meaning_and_every_meaning_a_setting() -> None:
    settings = {f"{place}{name}" for place, names in PLACES.items() for name in names.values()}
    assert MEANINGS.keys() == settings - UNSUPPORTED.keys()
