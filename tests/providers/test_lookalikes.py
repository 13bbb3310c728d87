import pytest

from ccr.config.vendors import VENDORS, vendor_named
from ccr.providers.lookalikes import LOOKALIKES, anthropic


@pytest.mark.parametrize("name", LOOKALIKES)
def test_a_lookalike_is_a_vendor_and_not_genuine(name: str) -> None:
    vendor = vendor_named(name)
    assert vendor is not None
    assert not anthropic(vendor).genuine


@pytest.mark.parametrize("name", ["anthropic", "azure", "litellm"])
def test_who_passes_anthropic_on_is_taken_at_its_word(name: str) -> None:
    assert anthropic(vendor_named(name)).genuine


def test_so_is_who_is_not_known() -> None:
    assert anthropic(None).genuine


def test_hosts_that_want_thoughts_back_are_known() -> None:
    assert {name for name, host in LOOKALIKES.items() if host.thoughts_required} == {"deepseek", "moonshot"}
    assert {vendor.name for vendor in VENDORS} >= LOOKALIKES.keys()
