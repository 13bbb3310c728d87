"""Who can be reached under a bare name: addresses, the variables that hold their keys, sensible models. Data only.

Model names are moving aliases where a vendor has them, so that the table ages slowly. Sources: each vendor's own
page on its APIs. Where a vendor has an address for Anthropic's dialect, that comes first: it needs no translation.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ccr.config.schema import AuthStyle, DialectName


@dataclass(frozen=True, slots=True)
class Vendor:
    name: str
    urls: Mapping[DialectName, str]  # the base for each dialect, the usual one first; a path where the host differs
    keys: tuple[str, ...] = ()  # variables that may hold the key; none: a local server that needs no key
    model: str = ""
    background: str = ""  # a cheaper, faster model for small requests
    auth: AuthStyle | None = None  # None: as the dialect is used to
    anthropic_auth: AuthStyle = "x-api-key"  # at the vendor's address for Anthropic's dialect
    hosts: tuple[str, ...] = ()  # others, with or without port, that belong to the vendor; * stands for anything
    names: tuple[str, ...] = ()  # what others call it: LiteLLM's prefixes, names common in CCR files
    title: str = ""

    @property
    def dialect(self) -> DialectName:
        """The usual one."""
        return next(iter(self.urls))

    @property
    def url(self) -> str:
        """The usual address; "" where every account has its own."""
        first = self.urls[self.dialect]
        return first if "://" in first else ""

    @property
    def keyless(self) -> bool:
        return not self.keys


# In the order of preference where several keys are set and nothing says which provider is meant.
VENDORS: tuple[Vendor, ...] = (
    Vendor(
        "gemini",
        {
            "gemini": "https://generativelanguage.googleapis.com/v1beta",
            "openai": "https://generativelanguage.googleapis.com/v1beta/openai",
        },
        keys=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        model="gemini-flash-latest",
        background="gemini-flash-lite-latest",
        names=("google", "googleaistudio"),
        title="Google Gemini",
    ),
    Vendor(
        "openrouter",
        {"openai": "https://openrouter.ai/api/v1", "anthropic": "https://openrouter.ai/api"},
        keys=("OPENROUTER_API_KEY",),
        model="~anthropic/claude-sonnet-latest",
        background="~anthropic/claude-haiku-latest",
        anthropic_auth="bearer",
        title="OpenRouter",
    ),
    Vendor(
        "openai",
        {"responses": "https://api.openai.com/v1", "openai": "https://api.openai.com/v1"},
        keys=("OPENAI_API_KEY",),
        model="gpt-5.5",
        background="gpt-5.4-mini",
        title="OpenAI",
    ),
    Vendor(
        "deepseek",
        {"anthropic": "https://api.deepseek.com/anthropic", "openai": "https://api.deepseek.com/v1"},
        keys=("DEEPSEEK_API_KEY",),
        model="deepseek-v4-pro",
        background="deepseek-v4-flash",
        title="DeepSeek",
    ),
    Vendor(
        "anthropic",
        {"anthropic": "https://api.anthropic.com"},
        keys=("ANTHROPIC_API_KEY",),
        model="claude-sonnet-5-5",
        background="claude-haiku-5-5",
        names=("claude",),
        title="Anthropic",
    ),
    Vendor(
        "groq",
        {"openai": "https://api.groq.com/openai/v1"},
        keys=("GROQ_API_KEY",),
        model="openai/gpt-oss-120b",
        background="openai/gpt-oss-20b",
        title="Groq",
    ),
    Vendor(
        "mistral",
        {"openai": "https://api.mistral.ai/v1"},
        keys=("MISTRAL_API_KEY",),
        model="mistral-medium-latest",
        background="mistral-small-latest",
        hosts=("codestral.mistral.ai",),
        names=("mistralai", "codestral"),
        title="Mistral",
    ),
    Vendor(
        "xai",
        {"responses": "https://api.x.ai/v1", "openai": "https://api.x.ai/v1"},
        keys=("XAI_API_KEY",),
        model="grok-4.5",
        background="grok-4.3",
        names=("grok",),
        title="xAI",
    ),
    Vendor(
        "moonshot",
        {"anthropic": "https://api.moonshot.ai/anthropic", "openai": "https://api.moonshot.ai/v1"},
        keys=("MOONSHOT_API_KEY", "KIMI_API_KEY"),
        model="kimi-k2.6",
        anthropic_auth="bearer",
        hosts=("api.moonshot.cn",),
        names=("kimi", "moonshotai"),
        title="Moonshot (Kimi)",
    ),
    Vendor(
        "zai",
        {"anthropic": "https://api.z.ai/api/anthropic", "openai": "https://api.z.ai/api/paas/v4"},
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
        {
            "anthropic": "https://dashscope-intl.aliyuncs.com/apps/anthropic",
            "openai": "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        },
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
        {"openai": "https://api.siliconflow.com/v1"},
        keys=("SILICONFLOW_API_KEY",),
        model="zai-org/GLM-4.6",
        hosts=("api.siliconflow.cn",),
        title="SiliconFlow",
    ),
    Vendor(
        "minimax",
        {"anthropic": "https://api.minimax.io/anthropic", "openai": "https://api.minimax.io/v1"},
        keys=("MINIMAX_API_KEY",),
        model="MiniMax-M2",
        anthropic_auth="bearer",
        hosts=("api.minimaxi.com",),
        title="MiniMax",
    ),
    Vendor(
        "cerebras",
        {"openai": "https://api.cerebras.ai/v1"},
        keys=("CEREBRAS_API_KEY",),
        model="gpt-oss-120b",
        title="Cerebras",
    ),
    Vendor(
        "together",
        {"openai": "https://api.together.xyz/v1"},
        keys=("TOGETHER_API_KEY", "TOGETHERAI_API_KEY"),
        model="openai/gpt-oss-120b",
        background="openai/gpt-oss-20b",
        hosts=("api.together.ai",),
        names=("together_ai", "togetherai"),
        title="Together",
    ),
    Vendor(
        "fireworks",
        {"anthropic": "https://api.fireworks.ai/inference", "openai": "https://api.fireworks.ai/inference/v1"},
        keys=("FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY"),
        model="accounts/fireworks/models/gpt-oss-120b",
        background="accounts/fireworks/models/gpt-oss-20b",
        anthropic_auth="bearer",
        names=("fireworks_ai",),
        title="Fireworks",
    ),
    Vendor(
        "nvidia",
        {"openai": "https://integrate.api.nvidia.com/v1"},
        keys=("NVIDIA_API_KEY", "NVIDIA_NIM_API_KEY"),
        model="openai/gpt-oss-120b",
        background="openai/gpt-oss-20b",
        names=("nvidia_nim",),
        title="NVIDIA",
    ),
    Vendor(
        "deepinfra",
        {"openai": "https://api.deepinfra.com/v1/openai"},
        keys=("DEEPINFRA_API_KEY",),
        model="openai/gpt-oss-120b",
        background="openai/gpt-oss-20b",
        title="DeepInfra",
    ),
    Vendor(
        "vercel",
        {"anthropic": "https://ai-gateway.vercel.sh", "openai": "https://ai-gateway.vercel.sh/v1"},
        keys=("AI_GATEWAY_API_KEY",),
        model="deepseek/deepseek-v4-pro",
        background="deepseek/deepseek-v4-flash",
        anthropic_auth="bearer",
        names=("vercel_ai_gateway",),
        title="Vercel AI Gateway",
    ),
    Vendor(
        "modelscope",
        {"openai": "https://api-inference.modelscope.cn/v1"},
        keys=("MODELSCOPE_API_KEY",),
        model="Qwen/Qwen3-Coder-480B-A35B-Instruct",
        title="ModelScope",
    ),
    Vendor(
        "volcengine",
        {"openai": "https://ark.cn-beijing.volces.com/api/v3"},
        keys=("ARK_API_KEY", "VOLCENGINE_API_KEY"),
        names=("ark", "doubao"),
        title="Volcengine Ark",
    ),
    Vendor(
        "azure",
        {"openai": "/openai/v1", "responses": "/openai/v1", "anthropic": "/anthropic"},
        keys=("AZURE_OPENAI_API_KEY", "AZURE_API_KEY"),
        auth="api-key",
        hosts=("openai.azure.com", "services.ai.azure.com", "cognitiveservices.azure.com"),
        names=("azure_ai", "azureopenai"),
        title="Azure",
    ),
    # https://docs.github.com/rest/models/inference; a token of GitHub's alone does not ask for models: no usual one
    Vendor(
        "github",
        {"openai": "https://models.github.ai/inference"},
        keys=("GITHUB_MODELS_TOKEN", "GITHUB_API_KEY"),
        hosts=("models.inference.ai.azure.com",),
        names=("github_models",),
        title="GitHub Models",
    ),
    # https://huggingface.co/docs/inference-providers
    Vendor(
        "huggingface",
        {"openai": "https://router.huggingface.co/v1"},
        keys=("HF_TOKEN", "HUGGINGFACE_API_KEY"),
        names=("hf",),
        title="Hugging Face",
    ),
    # Clouds, each with credentials of its own kind; region and project stand in the address.
    Vendor(
        "vertex",
        {"vertex-gemini": "", "vertex-claude": ""},
        auth="google",
        hosts=("*-aiplatform.googleapis.com", "aiplatform.googleapis.com", "aiplatform.*.rep.googleapis.com"),
        names=("vertex_ai", "vertexai"),
        title="Google Vertex AI",
    ),
    Vendor(
        "bedrock",
        {"bedrock-claude": "", "anthropic": "/anthropic"},
        auth="aws",
        hosts=("bedrock-runtime.*.amazonaws.com", "bedrock-mantle.*.api.aws"),
        names=("amazon_bedrock", "aws_bedrock"),
        title="Amazon Bedrock",
    ),
    Vendor(
        "ollama",
        {"openai": "http://localhost:11434/v1", "anthropic": "http://localhost:11434"},
        hosts=("127.0.0.1:11434",),
        names=("ollama_chat",),
        title="Ollama",
    ),
    Vendor(
        "lmstudio",
        {"openai": "http://localhost:1234/v1", "anthropic": "http://localhost:1234"},
        hosts=("127.0.0.1:1234",),
        names=("lm_studio",),
        title="LM Studio",
    ),
    Vendor(
        "vllm",
        {"openai": "http://localhost:8000/v1", "anthropic": "http://localhost:8000"},
        names=("hosted_vllm",),
        title="vLLM",
    ),
    Vendor("sglang", {"openai": "http://localhost:30000/v1", "anthropic": "http://localhost:30000"}, title="SGLang"),
    Vendor(
        "llamacpp",
        {"openai": "http://localhost:8080/v1", "anthropic": "http://localhost:8080"},
        names=("llama.cpp", "llama-server", "llamafile"),
        title="llama.cpp",
    ),
    Vendor(
        "litellm",
        {
            "openai": "http://localhost:4000/v1",
            "anthropic": "http://localhost:4000",
            "responses": "http://localhost:4000/v1",
        },
        names=("litellm_proxy",),
        title="LiteLLM",
    ),
)


def _folded(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "").replace(".", "").replace(" ", "")


BY_NAME: dict[str, Vendor] = {_folded(name): vendor for vendor in VENDORS for name in (vendor.name, *vendor.names)}


def vendor_named(name: str) -> Vendor | None:
    return BY_NAME.get(_folded(name))
