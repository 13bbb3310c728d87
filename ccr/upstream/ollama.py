"""Whether an Ollama answers on this machine (in a container: on its host), and what it offers."""

from collections.abc import Mapping

import aiohttp
import msgspec

# It is asked only at a start without any configuration, and must not make that one slow.
PATIENCE = aiohttp.ClientTimeout(total=0.3)


async def offered(env: Mapping[str, str]) -> tuple[str, ...]:
    host = env.get("OLLAMA_HOST") or f"{env.get('CCR_LOCALHOST') or '127.0.0.1'}:11434"
    url = host if "://" in host else f"http://{host}"
    try:
        async with aiohttp.ClientSession(timeout=PATIENCE) as session, session.get(f"{url}/api/tags") as response:
            models = msgspec.json.decode(await response.read())["models"]
            return tuple(str(model["name"]) for model in models)
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError):
        return ()
