"""The image itself: what it weighs, what is in it, what its history and its layers tell."""

import json
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.image.conftest import Image
from tests.image.layers import layers, table
from tests.support.containers import Engine
from tests.support.running import CHECKOUT

MB = 1_000_000
SECRET = re.compile(
    r"(?i)\w*(password|passwd|secret|token|api_?key)\w*=[^\s\"']|//[^\s/@]+:[^\s/@]+@|BEGIN [A-Z ]*PRIVATE KEY"
)


@pytest.fixture(scope="module")
def router(image: Image) -> str:
    return image("router")


@pytest.fixture(scope="module")
def saved(engine: Engine, router: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("saved") / "image.tar"
    engine.run("save", "--output", str(path), router)
    yield path
    path.unlink()


def inside(engine: Engine, image: str, *command: str) -> str:
    """As root, with nothing of an instance around it."""
    return engine.run("run", "--rm", "--entrypoint", "", "--network", "none", image, *command).stdout


# --- weight ----------------------------------------------------------------------------------------------------------------


def test_the_router_image_is_no_larger_than_650_mb(engine: Engine, router: str) -> None:
    size = engine.inspect(router)["Size"]
    assert size <= 650 * MB, table(layers(engine, router))


def test_claude_is_the_only_layer_beyond_200_mb(engine: Engine, router: str) -> None:
    large = [layer for layer in layers(engine, router) if layer.size > 200 * MB]
    assert len(large) == 1, table(layers(engine, router))


def test_it_travels_in_260_mb(saved: Path) -> None:
    zstd = shutil.which("zstd")
    if not zstd:
        pytest.skip("there is no zstd here (apt-get install zstd)")
    packed = saved.with_suffix(".zst")
    subprocess.run([zstd, "-3", "-q", "-T2", str(saved), "-o", str(packed)], check=True)
    assert packed.stat().st_size <= 260 * MB


# --- what it is ----------------------------------------------------------------------------------------------------------------


def test_it_says_what_it_is_and_how_it_is_asked_after_its_health(engine: Engine, router: str) -> None:
    config = engine.inspect(router)["Config"]
    assert config["Labels"]["ccr.proxy"] == "router"
    assert "ccr.source" in config["Labels"]
    assert config["Healthcheck"]["Test"] == ["CMD", "/usr/lib/ccr/healthy"]
    assert list(config["ExposedPorts"]) == ["2222/tcp"]
    assert set(config["Volumes"]) == {"/home/developer", "/var/lib/ccr", "/var/lib/ssh"}
    assert config["Entrypoint"] == ["/usr/lib/ccr/entry"]


def test_it_knows_its_language_and_every_time_zone(engine: Engine, router: str) -> None:
    assert "LANG=C.UTF-8" in engine.inspect(router)["Config"]["Env"]
    assert inside(engine, router, "env", "TZ=Asia/Kathmandu", "date", "+%z") == "+0545\n"


@pytest.mark.parametrize("program", ["git", "rg", "jq", "less", "tmux", "curl", "ssh", "claude", "ccr", "s6-svscan"])
def test_what_a_developer_needs_is_there(engine: Engine, router: str, program: str) -> None:
    assert inside(engine, router, "bash", "-c", f"command -v {program}") != ""


@pytest.mark.parametrize("program", ["node", "npm", "npx", "pip", "pip3", "gcc", "sudo", "systemctl", "wget"])
def test_what_it_does_not_need_is_not(engine: Engine, router: str, program: str) -> None:
    assert inside(engine, router, "bash", "-c", f"command -v {program} || echo none") == "none\n"


def test_claude_is_the_version_of_the_lock(engine: Engine, router: str) -> None:
    lock = json.loads((CHECKOUT / "devcontainer" / "npm" / "package-lock.json").read_text())
    wanted = lock["packages"]["node_modules/@anthropic-ai/claude-code"]["version"]
    assert inside(engine, router, "claude", "--version").startswith(f"{wanted} ")


def test_no_program_gives_its_caller_more_rights(engine: Engine, router: str) -> None:
    assert inside(engine, router, "find", "/", "-xdev", "-type", "f", "-perm", "/6000") == ""


def test_no_program_has_capabilities_of_its_own(engine: Engine, router: str) -> None:
    look = """import os
for folder, _, files in os.walk("/usr"):
    for file in files:
        path = os.path.join(folder, file)
        if "security.capability" in os.listxattr(path, follow_symlinks=False): print(path)"""
    assert inside(engine, router, "python3", "-c", look) == ""


# --- what it tells -------------------------------------------------------------------------------------------------------------


def test_its_history_and_environment_hold_no_secret(engine: Engine, router: str) -> None:
    history = engine.run("history", "--no-trunc", "--format", "{{.CreatedBy}}", router).stdout
    told = "\n".join([history, *engine.inspect(router)["Config"]["Env"]])
    assert "HEALTHCHECK" in told
    assert [match[0] for match in SECRET.finditer(told)] == []


def test_settings_that_a_base_brought_along_hold_no_password(engine: Engine, router: str) -> None:
    files = "cat /etc/local-base $(cat /etc/local-base 2>/dev/null) /etc/pip.conf /root/.npmrc /root/.netrc 2>/dev/null || true"
    found = inside(engine, router, "bash", "-c", f"{files}; cat -- $(find /etc/apt -type f -name '*[st]*' -size -40k)")
    assert [match[0] for match in SECRET.finditer(found)] == []


FORBIDDEN = re.compile(
    r"ssh_host_|(^|/)(id_[a-z0-9]+|\.netrc|\.git-credentials|\.bash_history|config\.json|keys|\.env)$"
)


def test_no_layer_holds_a_host_key_or_what_belongs_to_somebody(saved: Path) -> None:
    """Layers keep what later ones delete."""
    found = []
    with tarfile.open(saved) as image:
        for member in image:
            if member.isfile() and member.name.endswith(".tar") and (content := image.extractfile(member)):
                with tarfile.open(fileobj=content) as layer:
                    found += [file.name for file in layer if file.isfile() and FORBIDDEN.search(file.name)]
    assert found == []


def test_nothing_is_run_that_was_just_downloaded() -> None:
    files = [CHECKOUT / "Dockerfile.fused", *(CHECKOUT / "devcontainer").rglob("*"), *(CHECKOUT / "scripts").iterdir()]
    piped = re.compile(r"(curl|wget)[^\n|]*\|\s*(sudo\s+)?(ba|da|z)?sh\b|sh\s+-c\s+[\"']?\$\((curl|wget)")
    texts = [file.read_text(errors="replace") for file in files if file.is_file()]
    assert len(texts) > 10
    assert [match[0] for content in texts for match in piped.finditer(content)] == []
