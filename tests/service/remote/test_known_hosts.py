from pathlib import Path

import pytest

from ccr.errors import ServiceProblem
from ccr.service.remote import known_hosts
from ccr.service.remote.known_hosts import HostKey

# Made by ssh-keygen; the fingerprint is what it prints for the key, the hash what -H makes of the name.
TEXT = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICB8uyLHfKeM33HdvKCn8Dtaq79XuT3LScWs618UImVf"
FINGERPRINT = "SHA256:ZCHtGhWbwM/0IPZKJvBIScRpQKvDHJSnHRoc+7aDenE"
HASHED = "|1|AkOzeNGTdlN1VX+HGtAdJxpawpk=|qeDzJMVfrgSLDi/29JvYmp8l45M="
_PARSED = known_hosts.parse(TEXT)
assert _PARSED
KEY = _PARSED
OTHER = HostKey("ssh-ed25519", b"\0\0\0\x0bssh-ed25519\0\0\0\x01x")


def written(folder: Path, *lines: str) -> Path:
    path = folder / "known_hosts"
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_a_key_is_read_and_written_as_openssh_does() -> None:
    assert (KEY.text, KEY.fingerprint) == (TEXT, FINGERPRINT)


def test_a_comment_behind_a_key_is_no_part_of_it() -> None:
    assert known_hosts.parse(f"{TEXT} somebody@somewhere") == KEY


@pytest.mark.parametrize(
    "text", ["", "ssh-ed25519", "ssh-ed25519 §", "ssh-ed25519 AAAA", TEXT.replace("ssh-ed", "ssh-rs")]
)
def test_what_is_no_key_is_none(text: str) -> None:
    assert known_hosts.parse(text) is None


def test_only_another_port_than_22_is_part_of_the_name() -> None:
    assert (known_hosts.place("box", 22), known_hosts.place("::1", 2222)) == ("box", "[::1]:2222")


@pytest.mark.parametrize("names", ["[box.test]:2222", "other,[BOX.test]:2222", "[*.test]:2222", "*", HASHED])
def test_a_host_is_found(tmp_path: Path, names: str) -> None:
    assert known_hosts.read(written(tmp_path, f"{names} {TEXT} comment"), "[box.test]:2222") == (KEY,)


@pytest.mark.parametrize("names", ["box.test", "[box.test]:2223", "*,![box.test]:2222", "|1|odd|odd", "b"])
def test_another_host_is_not(tmp_path: Path, names: str) -> None:
    assert known_hosts.read(written(tmp_path, f"{names} {TEXT}"), "[box.test]:2222") == ()


def test_lines_that_say_nothing_are_passed_over(tmp_path: Path) -> None:
    path = written(tmp_path, "", f"# {TEXT}", f"#box {TEXT}", "@", "box", "box nonsense", f"box {TEXT}")
    assert known_hosts.read(path) == (KEY,)


def test_a_revoked_key_is_not_known(tmp_path: Path) -> None:
    assert known_hosts.read(written(tmp_path, f"box {TEXT}", f"@revoked * {TEXT}"), "box") == ()


def test_an_authoritys_key_is_no_hosts_key(tmp_path: Path) -> None:
    assert known_hosts.read(written(tmp_path, f"@cert-authority * {TEXT}"), "box") == ()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ServiceProblem, match="gone: cannot be read: No such file"):
        known_hosts.read(tmp_path / "gone")


def test_new_keys_take_the_place_of_old_ones(tmp_path: Path) -> None:
    path = written(tmp_path, f"box {TEXT}", f"other {TEXT}")
    known_hosts.replace(path, "box", [OTHER])
    assert (known_hosts.read(path, "box"), known_hosts.read(path, "other")) == ((OTHER,), (KEY,))


def test_the_file_is_made_for_the_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "known_hosts"
    known_hosts.replace(path, "box", [KEY])
    assert (path.read_text(), path.stat().st_mode & 0o777) == (f"box {TEXT}\n", 0o600)
