"""Who can be reached under a bare name: addresses, the variables that hold their keys, sensible models. Data only.

Model names are moving aliases where a vendor has them, so that the table ages slowly. Sources: each vendor's own
page on its compatible API; base URLs for Anthropic's dialect likewise.
"""

from dataclasses import dataclass

from ccr.config.schema import AuthStyle, DialectName


@dataclass(frozen=True, slots=True)
class Vendor:
    name: str
    url: str  # the base for `dialect`; "" where every account has its own
    keys: tuple[str, ...] = ()  # variables that may hold the key; none: a local server that needs no key
    model: str = ""
    background: str = ""  # a cheaper, faster model for small requests
    dialect: DialectName = "openai"
    auth: AuthStyle | None = None  # None: as the dialect is used to
    anthropic_auth: AuthStyle = "x-api-key"  # at the vendor's address for Anthropic's dialect
    hosts: tuple[str, ...] = ()  # hosts, with or without port, that belong to the vendor beside the URL's own
    names: tuple[str, ...] = ()  # what others call it: LiteLLM's prefixes, names common in CCR files
    title: str = ""

    @property
    def keyless(self) -> bool:
        return not self.keys


# In the order of preference where several keys are set and nothing says which provider is meant.
VENDORS: tuple[Vendor, ...] = (
    Vendor(
        "gemini",
        "https://generativelanguage.googleapis.com/v1beta/openai",  # https://ai.google.dev/gemini-api/docs/openai
        keys=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        model="gemini-flash-latest",
        background="gemini-flash-lite-latest",
        names=("google", "googleaistudio"),
        title="Google Gemini",
    ),
    Vendor(
        "openrouter",
        "https://openrouter.ai/api/v1",
        keys=("OPENROUTER_API_KEY",),
        model="~anthropic/claude-sonnet-latest",
        background="~anthropic/claude-haiku-latest",
        anthropic_auth="bearer",
        title="OpenRouter",
    ),
    Vendor(
        "openai",
        "https://api.openai.com/v1",
        keys=("OPENAI_API_KEY",),
        model="gpt-5.5",
        background="gpt-5.4-mini",
        title="OpenAI",
    ),
    Vendor(
        "deepseek",
        "https://api.deepseek.com/v1",
        keys=("DEEPSEEK_API_KEY",),
        model="deepseek-v4-pro",
        background="deepseek-v4-flash",
        title="DeepSeek",
    ),
    Vendor(
        "anthropic",
        "https://api.anthropic.com",
        keys=("ANTHROPIC_API_KEY",),
        model="claude-sonnet-5-5",
        background="claude-haiku-5-5",
        dialect="anthropic",
        names=("claude",),
        title="Anthropic",
    ),
    Vendor(
        "groq",
        "https://api.groq.com/openai/v1",
        keys=("GROQ_API_KEY",),
        model="openai/gpt-oss-120b",
        background="openai/gpt-oss-20b",
        title="Groq",
    ),
    Vendor(
        "mistral",
        "https://api.mistral.ai/v1",
        keys=("MISTRAL_API_KEY",),
        model="mistral-medium-latest",
        background="mistral-small-latest",
        hosts=("codestral.mistral.ai",),
        names=("mistralai", "codestral"),
        title="Mistral",
    ),
    Vendor(
        "xai",
        "https://api.x.ai/v1",
        keys=("XAI_API_KEY",),
        model="grok-4.5",
        background="grok-4.3",
        names=("grok",),
        title="xAI",
    ),
    Vendor(
        "moonshot",
        "https://api.moonshot.ai/v1",
        keys=("MOONSHOT_API_KEY", "KIMI_API_KEY"),
        model="kimi-k2.6",
        anthropic_auth="bearer",
        hosts=("api.moonshot.cn",),
        names=("kimi", "moonshotai"),
        title="Moonshot (Kimi)",
    ),
    Vendor(
        "zai",
        "https://api.z.ai/api/paas/v4",
        keys=("ZAI_API_KEY", "ZHIPUAI_API_KEY"),
        model="glm-5",
        background="glm-4.7-flash",
        anthropic_auth="bearer",
        hosts=("open.bigmodel.cn",),
        names=("z.ai", "glm", "zhipu", "zhipuai", "bigmodel"),
        title="Z.ai (GLM)",
    ),
    Vendor(
        "dashscope",
        "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        keys=("DASHSCOPE_API_KEY",),
        model="qwen3-coder-plus",
        background="qwen3-coder-flash",
        anthropic_auth="bearer",
        hosts=("dashscope.aliyuncs.com", "dashscope-us.aliyuncs.com"),
        names=("qwen", "alibaba", "bailian"),
        title="DashScope (Qwen)",
    ),
    Vendor(
        "siliconflow",
        "https://api.siliconflow.com/v1",
        keys=("SILICONFLOW_API_KEY",),
        model="zai-org/GLM-4.6",
        hosts=("api.siliconflow.cn",),
        title="SiliconFlow",
    ),
    Vendor(
        "minimax",
        "https://api.minimax.io/anthropic",
        keys=("MINIMAX_API_KEY",),
        model="MiniMax-M2",
        dialect="anthropic",  # its Chat side puts thoughts into the text of some models
        anthropic_auth="bearer",
        hosts=("api.minimaxi.com",),
        title="MiniMax",
    ),
    Vendor(
        "cerebras",
        "https://api.cerebras.ai/v1",
        keys=("CEREBRAS_API_KEY",),
        model="gpt-oss-120b",
        title="Cerebras",
    ),
    Vendor(
        "together",
        "https://api.together.xyz/v1",
        keys=("TOGETHER_API_KEY", "TOGETHERAI_API_KEY"),
        model="openai/gpt-oss-120b",
        background="openai/gpt-oss-20b",
        hosts=("api.together.ai",),
        names=("together_ai", "togetherai"),
        title="Together",
    ),
    Vendor(
        "fireworks",
        "https://api.fireworks.ai/inference/v1",
        keys=("FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY"),
        model="accounts/fireworks/models/gpt-oss-120b",
        background="accounts/fireworks/models/gpt-oss-20b",
        anthropic_auth="bearer",
        names=("fireworks_ai",),
        title="Fireworks",
    ),
    Vendor(
        "nvidia",
        "https://integrate.api.nvidia.com/v1",
        keys=("NVIDIA_API_KEY", "NVIDIA_NIM_API_KEY"),
        model="openai/gpt-oss-120b",
        background="openai/gpt-oss-20b",
        names=("nvidia_nim",),
        title="NVIDIA",
    ),
    Vendor(
        "deepinfra",
        "https://api.deepinfra.com/v1/openai",
        keys=("DEEPINFRA_API_KEY",),
        model="openai/gpt-oss-120b",
        background="openai/gpt-oss-20b",
        title="DeepInfra",
    ),
    Vendor(
        "vercel",
        "https://ai-gateway.vercel.sh/v1",
        keys=("AI_GATEWAY_API_KEY",),
        model="deepseek/deepseek-v4-pro",
        background="deepseek/deepseek-v4-flash",
        names=("vercel_ai_gateway",),
        title="Vercel AI Gateway",
    ),
    Vendor(
        "modelscope",
        "https://api-inference.modelscope.cn/v1",
        keys=("MODELSCOPE_API_KEY",),
        model="Qwen/Qwen3-Coder-480B-A35B-Instruct",
        title="ModelScope",
    ),
    Vendor(
        "volcengine",
        "https://ark.cn-beijing.volces.com/api/v3",
        keys=("ARK_API_KEY", "VOLCENGINE_API_KEY"),
        names=("ark", "doubao"),
        title="Volcengine Ark",
    ),
    Vendor(
        "azure",
        "",
        keys=("AZURE_OPENAI_API_KEY", "AZURE_API_KEY"),
        auth="api-key",
        hosts=("openai.azure.com", "services.ai.azure.com", "cognitiveservices.azure.com"),
        names=("azure_ai", "azureopenai"),
        title="Azure",
    ),
    Vendor("ollama", "http://localhost:11434/v1", hosts=("127.0.0.1:11434",), names=("ollama_chat",), title="Ollama"),
    Vendor("lmstudio", "http://localhost:1234/v1", hosts=("127.0.0.1:1234",), names=("lm_studio",), title="LM Studio"),
    Vendor("vllm", "http://localhost:8000/v1", names=("hosted_vllm",), title="vLLM"),
    Vendor("llamacpp", "http://localhost:8080/v1", names=("llama.cpp", "llama-server", "llamafile"), title="llama.cpp"),
    Vendor("litellm", "http://localhost:4000/v1", names=("litellm_proxy",), title="LiteLLM"),
)


def _folded(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "").replace(".", "").replace(" ", "")


BY_NAME: dict[str, Vendor] = {_folded(name): vendor for vendor in VENDORS for name in (vendor.name, *vendor.names)}


def vendor_named(name: str) -> Vendor | None:
    return BY_NAME.get(_folded(name))
