import pytest

from ccr.config.schema import Provider
from ccr.config.vendors import VENDORS, vendor_named
from ccr.ids import ProviderName
from ccr.providers.catalogue import CHAT, PLAIN, chat, vendor_at, vendor_of


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://api.openai.com/v1/chat/completions", "openai"),
        ("https://API.OpenAI.com/v1", "openai"),
        ("https://my.openai.azure.com/openai/v1", "azure"),
        ("https://open.bigmodel.cn/api/paas/v4/", "zai"),
        ("http://127.0.0.1:11434/v1", "ollama"),
        ("http://localhost:1234/v1", "lmstudio"),
        ("http://localhost:8000/v1", None),
        ("https://notopenai.com/v1", None),
        ("https://api.openai.com.evil.test/v1", None),
    ],
)
def test_a_vendor_is_known_by_its_host(url: str, name: str | None) -> None:
    vendor = vendor_at(url)
    assert (vendor.name if vendor else None) == name


@pytest.mark.parametrize(
    ("name", "url", "vendor"),
    [
        ("deepseek", "https://api.siliconflow.cn/v1", "siliconflow"),
        ("ollama", "http://192.168.1.5:11434/v1", "ollama"),
        ("Kimi", "", "moonshot"),
        ("mine", "https://mine.test", None),
    ],
)
def test_the_address_says_more_than_the_name(name: str, url: str, vendor: str | None) -> None:
    found = vendor_of(Provider(ProviderName(name), url))
    assert (found.name if found else None) == vendor


def test_every_difference_belongs_to_a_vendor() -> None:
    assert CHAT.keys() <= {vendor.name for vendor in VENDORS}


def test_who_is_not_known_to_differ_is_plain() -> None:
    assert chat(None) is chat(vendor_named("vllm")) is PLAIN


def test_every_vendor_with_an_address_is_found_by_it() -> None:
    by_port = {"vllm", "llamacpp", "litellm"}  # ports that many use
    assert {vendor.name for vendor in VENDORS if vendor.url and vendor_at(vendor.url) != vendor} == by_port
