import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ccr.errors import ServiceProblem
from ccr.service import program


def python(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def test_the_exit_code_is_the_programs() -> None:
    assert program.run(python("raise SystemExit(7)"), {}) == 7


def test_a_signal_is_told_as_shells_do() -> None:
    assert program.run(python("import os; os.kill(os.getpid(), 9)"), {}) == 128 + 9


def test_input_can_be_closed() -> None:
    assert program.run(python("import sys; raise SystemExit(len(sys.stdin.read()))"), {}, silent_input=True) == 0


def test_a_signal_is_passed_on(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    os.mkfifo(ready)
    waits = f"import signal; open({str(ready)!r}, 'w').close(); signal.pause()"

    def interrupt() -> None:
        ready.open().close()
        os.kill(os.getpid(), signal.SIGTERM)

    sender = threading.Thread(target=interrupt)
    sender.start()
    assert program.run(python(waits), {}) == 128 + signal.SIGTERM
    sender.join()


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    program.run(python(""), {})
    assert signal.getsignal(signal.SIGTERM) is before


def test_what_cannot_be_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ServiceProblem, match="cannot run .*: Permission denied|No such file"):
        program.run([str(tmp_path)], {})
    with pytest.raises(ServiceProblem, match="No such file"):
        program.become([str(tmp_path / "none")], {})


def test_a_program_can_take_our_place() -> None:
    become = (
        "from ccr.service import program; import sys; "
        "program.become([sys.executable, '-c', 'import sys; print(len(sys.stdin.read()))'], {}, silent_input=True)"
    )
    done = subprocess.run(python(become), input=b"text", capture_output=True, check=True, cwd=Path(__file__).parents[2])
    assert done.stdout == b"0\n"
