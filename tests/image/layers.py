"""What an image's layers weigh: python -m tests.image.layers [IMAGE]."""

import sys
from dataclasses import dataclass

from ccr import env
from tests.support.containers import Engine


@dataclass(frozen=True, slots=True)
class Layer:
    size: int  # as the engine counts
    made_by: str


def layers(engine: Engine, image: str) -> list[Layer]:
    """The newest first; without those that hold nothing."""
    listed = engine.run("history", "--no-trunc", "--human=false", "--format", "{{.Size}}\t{{.CreatedBy}}", image).stdout
    rows = (line.split("\t", 1) for line in listed.splitlines())
    return [Layer(int(size), made_by) for size, made_by in rows if int(size)]


def table(found: list[Layer]) -> str:
    lines = [f"{layer.size / 1e6:8.1f} MB  {' '.join(layer.made_by.split())[:100]}" for layer in found]
    return "\n".join([*lines, f"{sum(layer.size for layer in found) / 1e6:8.1f} MB  in all"])


if __name__ == "__main__":
    ambient = env.current()
    sys.stdout.write(
        table(layers(Engine(ambient.get("CCR_ENGINE", "docker"), ambient), (sys.argv[1:] or ["ccr-router"])[0])) + "\n"
    )
