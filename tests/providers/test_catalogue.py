from ccr.config.vendors import VENDORS, vendor_named
from ccr.providers.catalogue import CHAT, PLAIN, chat


def test_every_difference_belongs_to_a_vendor() -> None:
    assert CHAT.keys() <= {vendor.name for vendor in VENDORS}


def test_who_is_not_known_to_differ_is_plain() -> None:
    assert chat(None) is chat(vendor_named("vllm")) is PLAIN
