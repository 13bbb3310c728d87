from pathlib import Path

import pytest

from ccr.errors import ServiceProblem
from ccr.service import fused
from ccr.service.fused import Instance

HOST = {"PATH": "/usr/bin:/bin", "GEMINI_API_KEY": "secret"}


def test_the_script_lies_in_the_package_so_that_it_is_there_without_a_checkout() -> None:
    assert fused.SCRIPT.is_file()
    assert fused.SCRIPT.read_text().startswith("#!/usr/bin/env bash")


def test_what_is_said_of_the_instance_reaches_the_script_as_variables() -> None:
    ours = fused.call("enter", ("router",), Instance("two", 2223, Path("/src"), "claude -p hi"), HOST)
    assert ours.argv[1:] == (str(fused.SCRIPT), "enter", "router")
    assert {"NAME": "two", "PORT": "2223", "WORKSPACE": "/src", "CCR_RUN": "claude -p hi"}.items() <= ours.env.items()


def test_what_is_not_said_is_left_to_the_environment() -> None:
    assert fused.call("down", (), Instance(), {**HOST, "NAME": "mine"}).env == {**HOST, "NAME": "mine"}


def test_keys_reach_the_script_and_are_not_shown() -> None:
    ours = fused.call("enter", ("router",), Instance(), HOST)
    assert ours.env["GEMINI_API_KEY"] == "secret"
    assert "secret" not in repr(ours)


def test_in_the_container_there_is_no_container_to_start() -> None:
    with pytest.raises(ServiceProblem, match="from outside"):
        fused.call("enter", ("router",), Instance(), {**HOST, "CCR_SERVICE": "/run/s6/router"})


def test_without_bash_it_says_so() -> None:
    with pytest.raises(ServiceProblem, match="bash is not installed"):
        fused.call("down", (), Instance(), {"PATH": "/nonexistent"})
