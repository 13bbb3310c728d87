import pytest

from ccr.config.schema import DialectName, Provider, QuirkUse
from ccr.config.vendors import VENDORS
from ccr.ids import ProviderName
from ccr.providers.addresses import base, dialect, vendor_at, vendor_of

GOOGLE = "https://generativelanguage.googleapis.com"
VERTEX = "https://us-central1-aiplatform.googleapis.com"
AZURE = "https://x.openai.azure.com"


def spoken(name: str = "p", url: str = "", says: DialectName | None = None, *uses: str) -> tuple[DialectName, str]:
    """The dialect and the base."""
    provider = Provider(ProviderName(name), url, dialect=says, quirks=tuple(QuirkUse(use) for use in uses))
    vendor = vendor_of(provider)
    speaks = dialect(provider, vendor)
    return speaks, base(provider, vendor, speaks)


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
        (f"{VERTEX}/v1", "vertex"),
        ("https://aiplatform.googleapis.com", "vertex"),
        ("https://bedrock-runtime.us-east-1.amazonaws.com", "bedrock"),
        ("https://bedrock-mantle.us-east-1.api.aws/anthropic", "bedrock"),
        ("https://mine.us-east-1.elb.amazonaws.com", None),
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


def test_every_vendor_with_an_address_is_found_by_it() -> None:
    by_port = {"vllm", "sglang", "llamacpp", "litellm"}  # ports that many use
    assert {vendor.name for vendor in VENDORS if vendor.url and vendor_at(vendor.url) != vendor} == by_port


@pytest.mark.parametrize(
    ("name", "speaks", "url"),
    [
        ("deepseek", "anthropic", "https://api.deepseek.com/anthropic"),
        ("kimi", "anthropic", "https://api.moonshot.ai/anthropic"),
        ("glm", "anthropic", "https://api.z.ai/api/anthropic"),
        ("minimax", "anthropic", "https://api.minimax.io/anthropic"),
        ("qwen", "anthropic", "https://dashscope-intl.aliyuncs.com/apps/anthropic"),
        ("fireworks", "anthropic", "https://api.fireworks.ai/inference"),
        ("vercel", "anthropic", "https://ai-gateway.vercel.sh"),
        ("gemini", "gemini", f"{GOOGLE}/v1beta"),
        ("openai", "responses", "https://api.openai.com/v1"),
        ("xai", "responses", "https://api.x.ai/v1"),
        ("openrouter", "openai", "https://openrouter.ai/api/v1"),
        ("groq", "openai", "https://api.groq.com/openai/v1"),
        ("mistral", "openai", "https://api.mistral.ai/v1"),
        ("ollama", "openai", "http://localhost:11434/v1"),
        ("lmstudio", "openai", "http://localhost:1234/v1"),
        ("vllm", "openai", "http://localhost:8000/v1"),
        ("sglang", "openai", "http://localhost:30000/v1"),
        ("llamacpp", "openai", "http://localhost:8080/v1"),
        ("github", "openai", "https://models.github.ai/inference"),
        ("vertex_ai", "vertex-gemini", ""),
        ("bedrock", "bedrock-claude", ""),
        ("nobody", "openai", ""),
    ],
)
def test_a_vendor_is_spoken_to_in_its_usual_way(name: str, speaks: str, url: str) -> None:
    assert spoken(name) == (speaks, url)


@pytest.mark.parametrize(
    ("url", "speaks", "where"),
    [
        ("https://api.moonshot.cn", "anthropic", "https://api.moonshot.cn/anthropic"),
        ("https://open.bigmodel.cn/", "anthropic", "https://open.bigmodel.cn/api/anthropic"),
        ("https://api.minimaxi.com", "anthropic", "https://api.minimaxi.com/anthropic"),
        ("https://dashscope.aliyuncs.com", "anthropic", "https://dashscope.aliyuncs.com/apps/anthropic"),
        (GOOGLE, "gemini", f"{GOOGLE}/v1beta"),
        ("https://api.openai.com", "responses", "https://api.openai.com/v1"),
        (AZURE, "openai", f"{AZURE}/openai/v1"),
        ("http://localhost:11434", "openai", "http://localhost:11434/v1"),
        (VERTEX, "vertex-gemini", VERTEX),
    ],
)
def test_a_bare_host_of_a_vendors_is_completed(url: str, speaks: str, where: str) -> None:
    assert spoken(url=url) == (speaks, where)


@pytest.mark.parametrize(
    ("url", "speaks"),
    [
        ("https://api.deepseek.com/chat/completions", "openai"),
        ("https://api.deepseek.com/v1", "openai"),
        ("https://api.deepseek.com/beta", "openai"),
        ("https://api.z.ai/api/coding/paas/v4", "openai"),
        ("https://api.openai.com/v1", "responses"),
        ("https://api.openai.com/v1/chat/completions", "openai"),
        ("https://openrouter.ai/api/v1/chat/completions", "openai"),
        ("https://openrouter.ai/api/v1/messages", "anthropic"),
        ("https://openrouter.ai/api", "anthropic"),
        (f"{GOOGLE}/v1beta/openai", "openai"),
        (f"{GOOGLE}/v1beta/openai/chat/completions", "openai"),
        (f"{GOOGLE}/v1beta/models/", "gemini"),
        (f"{GOOGLE}/v1", "gemini"),
        ("https://api.anthropic.com/v1", "anthropic"),
        (f"{AZURE}/openai/deployments/gpt/chat/completions?api-version=1", "openai"),
        (f"{AZURE}/openai/v1/responses", "responses"),
        ("https://x.services.ai.azure.com/anthropic", "anthropic"),
        (f"{VERTEX}/v1/projects/a/locations/b", "vertex-gemini"),
        (f"{VERTEX}/v1/projects/a/locations/b/publishers/anthropic/models", "vertex-claude"),
        (f"{VERTEX}/v1/projects/a/locations/b/publishers/google", "vertex-gemini"),
        (f"{VERTEX}/v1/projects/a/locations/b/endpoints/openapi", "openai"),
        ("https://proxy.test/v1beta/models", "gemini"),
        ("https://proxy.test/anthropic/v1", "anthropic"),
        ("https://proxy.test/v1/responses", "responses"),
        ("https://proxy.test/v1", "openai"),
    ],
)
def test_a_path_that_is_written_shows_what_is_spoken_there_and_is_kept(url: str, speaks: str) -> None:
    assert spoken(url=url) == (speaks, url)


@pytest.mark.parametrize(("name", "speaks"), [("gemini", "openai"), ("deepseek", "openai"), ("anthropic", "anthropic")])
def test_what_stands_in_for_a_vendor_at_another_host_speaks_chat_unless_the_vendor_does_not(
    name: str, speaks: str
) -> None:
    assert spoken(name, "https://proxy.test") == (speaks, "https://proxy.test")


@pytest.mark.parametrize(
    ("name", "url", "says", "where"),
    [
        ("deepseek", "", "openai", "https://api.deepseek.com/v1"),
        ("p", "https://api.moonshot.cn", "openai", "https://api.moonshot.cn/v1"),
        ("p", "https://api.deepseek.com/v1/chat/completions", "anthropic", "https://api.deepseek.com/anthropic"),
        ("p", f"{GOOGLE}/v1beta/openai/", "gemini", f"{GOOGLE}/v1beta"),
        ("ollama", "", "anthropic", "http://localhost:11434"),
        ("groq", "", "anthropic", "https://api.groq.com/openai/v1"),
        ("p", "https://p.test/v1/messages", "openai", "https://p.test/v1/messages"),
    ],
)
def test_a_dialect_that_is_written_wins_and_leads_to_the_vendors_address_for_it(
    name: str, url: str, says: DialectName, where: str
) -> None:
    assert spoken(name, url, says) == (says, where)


@pytest.mark.parametrize(
    ("uses", "speaks"),
    [
        (["Anthropic"], "anthropic"),
        (["OpenAI"], "openai"),
        (["Anthropic", "OpenAI"], "openai"),
        (["anthropic", "cleancache"], "anthropic"),
        (["gemini"], "gemini"),
        (["openai-responses"], "responses"),
        (["vertex-gemini"], "vertex-gemini"),
        (["vertex-claude"], "vertex-claude"),
    ],
)
def test_transformers_tell_the_dialect_where_the_address_does_not(uses: list[str], speaks: str) -> None:
    assert spoken("p", "https://p.test/api", None, *uses) == (speaks, "https://p.test/api")
    assert spoken("p", "https://p.test/v1/chat/completions", None, *uses)[0] == "openai"


def test_a_transformer_turns_the_native_address_off() -> None:
    assert spoken("deepseek", "", None, "OpenAI") == ("openai", "https://api.deepseek.com/v1")
