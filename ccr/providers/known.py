"""Models, as their vendors describe them: the table behind models.py. Data only.

A section is a vendor of config/vendors.py, with the page that its figures come from; `weights` are models that anybody
hosts. Looked up in November 2026, also in the public tables of https://github.com/BerriAI/litellm
(model_prices_and_context_window.json) and https://models.dev.

A row: names, parted by |; the window of prompt and answer together, after a colon the longest prompt where that is
less; the longest answer; dollars for a million tokens of input, output, what is read from a cache, what is written to
it. "-" and what is left out at the end: not known. Names are written as in the vendor's API, without dates.
"""

TABLE = """
[anthropic] https://platform.claude.com/docs/en/about-claude/pricing
claude-opus-5-5|claude-opus-latest 1M 128000 4 20 0.2 5
claude-opus-5 1M 128000 5 25 0.5 6.25
claude-opus-4-8 1M 128000 5 25 0.5 6.25
claude-opus-4-7 1M 128000 5 25 0.5 6.25
claude-opus-4-6 1M 128000 5 25 0.5 6.25
claude-opus-4-5 200000 64000 5 25 0.5 6.25
claude-sonnet-5-5|claude-sonnet-latest 1M 128000 2 10 0.1 2.5
claude-sonnet-5 1M 128000 2 10 0.2 2.5
claude-sonnet-4-6 1M 128000 3 15 0.3 3.75
claude-sonnet-4-5 200000 64000 3 15 0.3 3.75
claude-haiku-5-5|claude-haiku-latest 1M 128000 0.1 0.5 0.01 0.125
claude-haiku-4-5 200000 64000 1 5 0.1 1.25
claude-fable-5-1|claude-fable-latest 1M 128000 10 50 0.25 12.5
claude-fable-5 1M 128000 10 50 1 12.5
claude-mythos-5-1 1M 128000 10 50 0.25 12.5
claude-mythos-5 1M 128000 10 50 1 12.5
claude-mythos-preview 1M 128000 10 50 1 12.5
claude-opus-4-1|claude-opus-4-0|claude-opus-4 200000 32000 15 75 1.5 18.75
claude-sonnet-4-0|claude-sonnet-4 200000 64000 3 15 0.3 3.75
claude-3-7-sonnet 200000 64000 3 15 0.3 3.75
claude-3-5-sonnet 200000 8192 3 15 0.3 3.75
claude-3-5-haiku 200000 8192 0.8 4 0.08 1
claude-3-haiku 200000 4096 0.25 1.25 0.03 0.3

[openai] https://developers.openai.com/api/docs/pricing
gpt-6.1-sol 1050000:922000 128000 2 10 0.1 2.5
gpt-6-astra 1050000:922000 128000 10 50 1 12.5
gpt-6-sol 1050000:922000 128000 2 10 0.2 2.5
gpt-6-luna 1050000:922000 128000 0.1 0.5 0.01 0.125
gpt-5.6 1050000:922000 128000 4 20 0.4 5
gpt-5.6-sol 1050000:922000 128000 4 20 0.4 5
gpt-5.6-terra 1050000:922000 128000 2 12 0.2 2.5
gpt-5.6-luna 1050000:922000 128000 0.2 1.2 0.02 0.25
gpt-5.5 1050000:922000 128000 5 30 0.5
gpt-5.5-pro 1050000:922000 128000 30 180
gpt-5.4 1050000:922000 128000 2.5 15 0.25
gpt-5.4-pro 1050000:922000 128000 30 180
gpt-5.4-mini 400000:272000 128000 0.75 4.5 0.075
gpt-5.4-nano 400000:272000 128000 0.2 1.25 0.02
gpt-5.3-codex 400000:272000 128000 1.75 14 0.175
gpt-5.2 400000:272000 128000 1.75 14 0.175
gpt-5.2-pro 400000:272000 128000 21 168
gpt-5.2-codex 400000:272000 128000 1.75 14 0.175
gpt-5.1 400000:272000 128000 1.25 10 0.125
gpt-5.1-codex 400000:272000 128000 1.25 10 0.125
gpt-5.1-codex-max 400000:272000 128000 1.25 10 0.125
gpt-5.1-codex-mini 400000:272000 128000 0.25 2 0.025
gpt-5 400000:272000 128000 1.25 10 0.125
gpt-5-pro 400000 272000 15 120
gpt-5-codex 400000:272000 128000 1.25 10 0.125
gpt-5-mini 400000:272000 128000 0.25 2 0.025
gpt-5-nano 400000:272000 128000 0.05 0.4 0.005
gpt-5-chat-latest|gpt-5-chat 128000 16384 1.25 10 0.125
gpt-5.1-chat-latest|gpt-5.1-chat 128000 16384 1.25 10 0.125
gpt-5.2-chat-latest|gpt-5.2-chat 128000 16384 1.75 14 0.175
gpt-5.3-chat-latest|gpt-5.3-chat 128000 16384 1.75 14 0.175
chat-latest|gpt-chat-latest 400000:272000 128000 5 30 0.5
gpt-4.1 1047576 32768 2 8 0.5
gpt-4.1-mini 1047576 32768 0.4 1.6 0.1
gpt-4.1-nano 1047576 32768 0.1 0.4 0.025
gpt-4o 128000 16384 2.5 10 1.25
gpt-4o-mini 128000 16384 0.15 0.6 0.075
gpt-4-turbo 128000 4096 10 30
o1 200000 100000 15 60 7.5
o1-pro 200000 100000 150 600
o3 200000 100000 2 8 0.5
o3-pro 200000 100000 20 80
o3-mini 200000 100000 1.1 4.4 0.55
o4-mini 200000 100000 1.1 4.4 0.275

[gemini] https://ai.google.dev/gemini-api/docs/pricing
gemini-4-argon 1048576 - 2 10 0.1
gemini-3.8-flash 1114112:1048576 65536 0.75 3.75 0.075
gemini-3.7-flash 1114112:1048576 65536 0.75 3.75 0.075
gemini-3.6-flash 1114112:1048576 65536 0.75 3.75 0.075
gemini-3.5-flash 1114112:1048576 65536 1.5 9 0.15
gemini-3.5-flash-lite 1114112:1048576 65536 0.3 2.5 0.03
gemini-3.1-pro-preview|gemini-3.1-pro-preview-customtools|gemini-3.1-pro 1114112:1048576 65536 2 12 0.2
gemini-3.1-flash-lite 1114112:1048576 65536 0.25 1.5 0.025
gemini-3-flash-preview|gemini-3-flash 1114112:1048576 65536 0.5 3 0.05
gemini-2.5-pro 1114112:1048576 65536 1.25 10 0.125
gemini-2.5-flash 1114112:1048576 65536 0.3 2.5 0.03
gemini-2.5-flash-lite 1114112:1048576 65536 0.1 0.4 0.01
gemini-pro-latest 1114112:1048576 65536 2 12 0.2
gemini-flash-latest 1114112:1048576 65536 0.75 3.75 0.075
gemini-flash-lite-latest 1114112:1048576 65536 0.3 2.5 0.03

[xai] https://docs.x.ai/docs/models
grok-4.7 500000 500000 2 6 0.5
grok-4.6 500000 500000 2 6 0.5
grok-4.5 500000 500000 2 6 0.3
grok-4.3 1M 1M 1.25 2.5 0.2
grok-4.20 1M 1M 1.25 2.5 0.2
grok-build-0.1 256000 256000 1 2 0.2
grok-build-latest 500000 500000 2 6 0.3
grok-code-fast-1 256000 256000 1 2 0.2

[mistral] https://docs.mistral.ai/models
mistral-large-4 1048576 - 0.68 2.09 0.068
mistral-large-3|mistral-large-2512|mistral-large-latest 262144 262144 0.5 1.5 0.05
mistral-medium-latest|mistral-medium|mistral-medium-3|mistral-medium-3.5|mistral-medium-2604 262144 262144 1.5 7.5 0.15
mistral-small-latest|mistral-small-2603|mistral-small-4 262144 262144 0.15 0.6 0.015
devstral-latest|devstral-2512|devstral-medium-latest 256000 256000 0.4 2 0.04
devstral-small-latest 256000 256000 0.1 0.3 0.01
codestral-latest|codestral-2508 128000 128000 0.3 0.9 0.03
magistral-medium-latest 262144 262144 1.5 7.5 0.15
magistral-small-latest 262144 262144 0.15 0.6 0.015
ministral-14b-latest 262144 262144 0.2 0.2 0.02
ministral-8b-latest 262144 262144 0.15 0.15 0.015
ministral-3b-latest 131072 131072 0.1 0.1 0.01
open-mistral-nemo 128000 128000 0.3 0.3 0.03

[deepseek] https://api-docs.deepseek.com/quick_start/pricing
deepseek-v4-pro 1M 393216 1.32 3.96 0.044
deepseek-v4-flash|deepseek-flash 1M 393216 0.3 1.2 0.006
deepseek-chat 131072 8192 0.28 0.42 0.028
deepseek-reasoner 131072 65536 0.28 0.42 0.028

[moonshot] https://platform.kimi.ai/docs/pricing
kimi-k3 1048576 1048576 3 15 0.3
kimi-k2.7-code 262144 262144 0.95 4 0.19
kimi-k2.6 262144 262144 0.95 4 0.16
kimi-k2.5 262144 262144 0.6 3 0.1
moonshot-v1-128k 131072 131072 2 5
moonshot-v1-32k 32768 32768 1 3
moonshot-v1-8k 8192 8192 0.2 2
kimi-k2-thinking 262144 262144 0.6 2.5 0.15
kimi-k2-thinking-turbo 262144 262144 1.15 8 0.15
kimi-k2-turbo-preview 262144 262144 2.4 10 0.6
kimi-k2-0905-preview|kimi-k2-0905|kimi-k2-instruct-0905 262144 262144 0.6 2.5 0.15
kimi-k2-0711-preview|kimi-k2|kimi-k2-instruct 131072 16384 0.6 2.5 0.15

[zai] https://docs.z.ai/guides/overview/pricing
glm-5.3 1M 128000 1.4 4.4 0.26
glm-5.3-flash 1048576 128000 0.15 0.5 0.03
glm-5.2 1M 128000 1.4 4.4 0.26
glm-5.1 200000 128000 1.4 4.4 0.26
glm-5 200000 128000 1 3.2 0.2
glm-5-code 200000 128000 1.2 5 0.3
glm-5-turbo 200000 131072 1.2 4 0.24
glm-4.7 204800 131072 0.6 2.2 0.11
glm-4.7-flashx 200000 131072 0.07 0.4 0.01
glm-4.7-flash 200000 131072 0 0 0
glm-4.6 204800 131072 0.6 2.2 0.11
glm-4.6v 128000 32768 0.3 0.9
glm-4.5 131072 98304 0.6 2.2 0.11
glm-4.5-air 131072 98304 0.2 1.1 0.03
glm-4.5-flash 131072 98304 0 0 0
glm-4.5v 64000 16384 0.6 1.8

[dashscope] https://www.alibabacloud.com/help/en/model-studio/models
qwen3.8-max 991808 131072 2 6 0.25
qwen3.8-flash 991808 131072 0.15 0.47 0.016 0.2
qwen3.7-max 991808 65536 2.5 7.5 0.5 3.125
qwen3.7-plus 1M 65536 0.5 3 0.05 0.625
qwen3.6-plus 1M 65536 0.5 3 0.05 0.625
qwen3.6-flash 1M 65536 0.1875 1.125 - 0.234375
qwen3.6-max-preview 262144 65536 1.3 7.8 0.13 1.625
qwen3.5-plus 1M 65536 0.4 2.4
qwen3-max 262144 65536 1.2 6
qwen3-coder-plus 1048576 65536 1 5
qwen3-coder-flash 1M 65536 0.3 1.5
qwen3-coder-480b-a35b-instruct 262144 65536 1.5 7.5
qwen3-coder-30b-a3b-instruct 262144 65536 0.45 2.25
qwen3-next-80b-a3b-instruct 131072 32768 0.5 2
qwen3-next-80b-a3b-thinking 131072 32768 0.5 6
qwen3-235b-a22b 131072 16384 0.7 2.8
qwen3-32b 131072 16384 0.7 2.8
qwen-plus 1M 32768 0.4 1.2
qwen-flash 1M 32768 0.05 0.4
qwen-turbo 1M 16384 0.05 0.2
qwq-plus 131072 8192 0.8 2.4

[minimax] https://platform.minimax.io/docs/guides/pricing-paygo
minimax-m3 1M 128000 0.3 1.2 0.06
minimax-m2.7 204800 131072 0.3 1.2 0.06 0.375
minimax-m2.7-highspeed 204800 131072 0.6 2.4 0.06 0.375
minimax-m2.5 204800 131072 0.3 1.2 0.03 0.375
minimax-m2.5-highspeed 204800 131072 0.6 2.4 0.06 0.375
minimax-m2.1 204800 131072 0.3 1.2
minimax-m2 196608 128000 0.3 1.2

[volcengine] https://www.volcengine.com/docs/82379/1544106
doubao-seed-2-1-pro-260915 1024000 256000 0.8625 4.3125 0.1725
doubao-seed-2-1-lite-260915 1024000 256000 0.115 0.388126 0.023
doubao-seed-2-1-turbo-260628 256000 256000 0.43125 2.15625 0.08625
doubao-seed-2-0-pro-260215 256000 128000
doubao-seed-2-0-lite-260215 256000 128000
doubao-seed-2-0-mini-260215 256000 128000
doubao-seed-2-0-code-preview-260215 256000 128000

[weights] https://huggingface.co/models
gemma-4-31b-it|gemma-4-31b|gemma-4-26b-a4b-it 262144 -
gemma-3-27b-it 131072 -
gpt-oss-120b|gpt-oss-20b 131072 -
qwen3-coder|qwen3-coder-next|qwen3.5-397b-a17b|qwen3-235b-a22b-instruct-2507|qwen3-235b-a22b-thinking-2507 262144 -
qwen3.6-27b|qwen3.6-35b-a3b|qwen3.5-122b-a10b|qwen3.5-35b-a3b|qwen3.5-27b 262144 -
deepseek-v3.2|deepseek-v3.1|deepseek-v3.1-terminus|deepseek-r1|deepseek-r1-0528 163840 -
llama-3.3-70b-instruct|llama-3.1-70b-instruct|llama-3.1-8b-instruct 131072 -
nemotron-3-super-120b-a12b|nemotron-3-nano-30b-a3b 262144 -
mimo-v2.5-pro|mimo-v2.6-pro|mimo-v2.6-flash 1048576 131072
step-3.7-flash|step-3.5-flash 262144 -

[groq] https://console.groq.com/docs/models
gpt-oss-120b 131072 65536 0.15 0.6 0.075
gpt-oss-20b 131072 65536 0.075 0.3 0.0375
qwen3.8-27b 131072 16384 0.8 4
llama-3.3-70b-versatile 131072 32768 0.59 0.79
llama-3.1-8b-instant 131072 131072 0.05 0.08
qwen3-32b 131072 40960 0.29 0.59
llama-4-scout-17b-16e-instruct 131072 8192 0.11 0.34

[cerebras] https://inference-docs.cerebras.ai/models/overview
gpt-oss-120b 131072 32768 0.35 0.75
qwen-3.8-27b 65536 32768 0.99 1.49
gemma-4-31b 131072 40960 0.99 1.49
zai-glm-4.7 131072 40960 2.25 2.75

[fireworks] https://docs.fireworks.ai/serverless/pricing
deepseek-v4-pro-0813 1048576 131072 1.32 3.96 0.044
deepseek-v4-flash 1048576 384000 0.14 0.28 0.028
deepseek-v3p2 163840 163840 0.56 1.68
glm-5p2 1048576 131072 1.4 4.4 0.14
glm-5p1 202752 131072 1.4 4.4 0.26
kimi-k2p7-code 262144 32768 0.95 4 0.19
kimi-k2p6 262144 32768 0.95 4 0.16
gpt-oss-120b 131072 32768 0.15 0.6 0.015
gpt-oss-20b 131072 32768 0.07 0.3 0.035
minimax-m3 512000 512000 0.3 1.2 0.06
qwen3p7-plus 262144 65536 0.4 1.6 0.08
llama-v3p3-70b-instruct 131072 131072 0.9 0.9
qwen3-coder-480b-a35b-instruct 262144 262144 0.45 1.8

[together] https://docs.together.ai/docs/serverless-models
gpt-oss-120b 131072 131072 0.15 0.6
gpt-oss-20b 131072 131072 0.05 0.2
deepseek-v4-pro 512000 384000 1.74 3.48 0.2
kimi-k2.7-code 262144 131072 0.95 4 0.19
kimi-k2.6 262144 131000 1.2 4.5 0.2
glm-5.2 262144 164000 1.4 4.4 0.26
glm-5.1 202752 131072 1.4 4.4
minimax-m3 524288 250000 0.3 1.2 0.06
minimax-m2.7 202752 131072 0.3 1.2 0.06
qwen3.5-397b-a17b 262144 130000 0.6 3.6
qwen3-235b-a22b-instruct-2507-tput 262144 262144 0.2 0.6
llama-3.3-70b-instruct-turbo 131072 131072 0.88 0.88
gemma-4-31b-it 262144 131072 0.39 0.97

[siliconflow] https://siliconflow.com/pricing
glm-5.2 1049000 262000 1.4 4.4
glm-5.1 205000 205000 1.4 4.4
deepseek-v4-pro 1M 384000 1.74 3.48 0.145
deepseek-v4-flash 1M 384000 0.14 0.28 0.028
deepseek-v3.2 164000 164000 0.27 0.42
kimi-k2.6 262000 262000 0.77 4 0.2
minimax-m2.5 197000 131000 0.3 1.2
qwen3-coder-480b-a35b-instruct 262000 262000 0.25 1
qwen3.5-397b-a17b 262144 262144 0.39 2.34
gpt-oss-120b 131000 8000 0.05 0.45

[deepinfra] https://deepinfra.com/pricing
minimax-m2.5 196608 131072 0.15 1.15 0.03 0.375
qwen3-coder-480b-a35b-instruct-turbo 262144 66536 0.3 1
qwen3.5-397b-a17b 262144 81920 0.45 3 0.22
deepseek-v3.2 163840 64000 0.26 0.38 0.13
deepseek-v4-flash 1048576 16384 0.1 0.2 0.02
deepseek-v4-pro 1048576 16384 1.3 2.6 0.1
kimi-k2.5 262144 32768 0.45 2.25 0.07
kimi-k2.6 262144 16384 0.75 3.5 0.15
kimi-k2.7-code 262144 262144 0.74 3.5 0.15
gpt-oss-120b 131072 16384 0.039 0.19
gpt-oss-20b 131072 16384 0.03 0.14
glm-4.6 202752 131072 0.43 1.74 0.08
glm-4.7-flash 202752 16384 0.06 0.4
glm-4.7 202752 16384 0.4 1.75 0.08
glm-5.1 202752 16384 1.05 3.5 0.205
glm-5.2 1048576 32768 0.95 3 0.18
glm-5 202752 16384 0.6 2.08 0.12

[nvidia] https://build.nvidia.com/models
gpt-oss-120b 128000 8192 0 0
gpt-oss-20b 131072 32768 0 0
kimi-k2.6 262144 262144 0 0
qwen3-coder-480b-a35b-instruct 262144 66536 0 0
minimax-m3 1M 16384 0 0
nemotron-3-nano-30b-a3b 131072 131072 0 0

[openrouter] https://openrouter.ai/models
deepseek-v4-pro - - 0.435 0.87 0.003625
deepseek-v4-flash - - 0.098 0.196 0.02
deepseek-v3.2 - - 0.2288 0.3432 0.02288
kimi-k2.7-code - - 0.74 3.5 0.15
kimi-k2.6 - - 0.55 3.2 0.11
glm-5.2 - - 0.93 3 0.18
glm-5.1 - - 0.975 4.3
glm-5 - - 0.6 1.92 0.12
glm-4.7 - - 0.4 1.75 0.08
glm-4.6 - - 0.43 1.74 0.08
minimax-m3 - - 0.3 1.2 0.06
minimax-m2.7 - - 0.18 0.72
qwen3.7-max - - 1.25 3.75 0.25 1.5625
qwen3.7-plus - - 0.32 1.28 0.064 0.4
qwen3-coder - - 0.22 1.8
qwen3-coder-plus - - 0.65 3.25 0.13 0.8125
qwen3-coder-next - - 0.11 0.8 0.07
qwen3.5-397b-a17b - - 0.385 2.45
gpt-oss-120b - - 0.03 0.15
gpt-oss-20b - - 0.029 0.14
devstral-2512 - - 0.4 2 0.04
nemotron-3-super-120b-a12b - - 0.085 0.4
gemma-4-31b-it - - 0.12 0.35 0.09
llama-3.3-70b-instruct - - 0.1 0.32
mimo-v2.5-pro - - 0.435 0.87 0.0036
"""
