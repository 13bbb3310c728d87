"""Scripts that need an engine, where none answers: one line, with what to do."""

from pathlib import Path

import pytest

from tests.repo.machines import Machine

TOOLS = ["bash", "env", "dirname", "cat", "rm", "mktemp"]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path)
    machine.has(TOOLS)
    for tool in ("npm", "mmdebstrap"):
        machine.stand_in(tool, "exit 0")
    machine.stand_in("docker", "exit 1")
    machine.stand_in("id", "echo 0")
    return machine


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("sbom", "sbom: docker does not answer. Start it, or name another with CCR_ENGINE."),
        ("local-base", "local-base: docker does not answer. Start it (scripts/engine up) and run it again."),
    ],
)
def test_an_engine_that_does_not_answer(machine: Machine, script: str, said: str) -> None:
    done = machine.run(script, KEYRING="/dev/null")
    assert (done.returncode, done.stdout, done.stderr.splitlines()) == (1, "", [said])


def test_no_client_at_all(machine: Machine) -> None:
    (machine.folder / "bin" / "docker").unlink()
    done = machine.run("engine-plugins")
    assert (done.returncode, done.stderr) == (1, "engine-plugins: no docker here. Run scripts/engine up first.\n")


def test_images_that_are_not_built_are_named(machine: Machine) -> None:
    machine.stand_in("docker", '[ "$1" = version ]')
    done = machine.run("sbom")
    assert (done.returncode, done.stdout.splitlines(), done.stderr) == (
        1,
        ["sbom: ccr-router is not built: left out", "sbom: ccr-litellm is not built: left out"],
        "sbom: no image yet: make build makes one.\n",
    )
