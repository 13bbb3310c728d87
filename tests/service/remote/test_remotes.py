from pathlib import Path

import pytest

from ccr.errors import ServiceProblem
from ccr.service.remote import remotes
from ccr.service.remote.known_hosts import HostKey
from ccr.service.remote.remotes import Remote

KEY = HostKey("ssh-ed25519", b"\0\0\0\x0bssh-ed25519\0\0\0\x01a")
OTHER = HostKey("ssh-ed25519", b"\0\0\0\x0bssh-ed25519\0\0\0\x01b")
BOX = Remote("box", "developer", "box.test", 2222)


def container(home: Path, config: str = "Host ccr\n  HostName localhost\n  Port 2222\n  User developer\n") -> Path:
    folder = home / "containers" / "ccr"
    folder.mkdir(parents=True)
    (folder / "ssh_config").write_text(config)
    (folder / "known_hosts").write_text(f"[localhost]:2222 {KEY.text}\n")
    (folder / "id_ed25519").write_text("")
    return folder


@pytest.mark.parametrize(
    ("target", "user", "host", "port"),
    [
        ("box", "me", "box", 22),
        ("box.test:2222", "me", "box.test", 2222),
        ("dev@box", "dev", "box", 22),
        ("dev@10.0.0.1:2222", "dev", "10.0.0.1", 2222),
        ("dev@[::1]:2222", "dev", "::1", 2222),
        ("[fe80::1%eth0]", "me", "fe80::1%eth0", 22),
    ],
)
def test_a_target_has_user_host_and_port(target: str, user: str, host: str, port: int) -> None:
    assert remotes.parse("box", target, "me") == Remote("box", user, host, port)


@pytest.mark.parametrize(
    "target", ["", "a b", "::1", "box:", "box:0", "box:65536", "box:x", "@box", "a@b@c", "-oProxy"]
)
def test_what_is_no_target_is_refused(target: str) -> None:
    with pytest.raises(ServiceProblem, match="is no place"):
        remotes.parse("box", target, "me")


@pytest.mark.parametrize("name", ["", "-x", "a b", "../up", "a/b"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ServiceProblem, match="is no name"):
        remotes.parse(name, "box", "me")


def test_a_remote_says_its_target() -> None:
    again = remotes.parse("box", str(BOX), "nobody")
    assert again == BOX


def test_an_identity_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ServiceProblem, match=r"--identity .*gone: there is no such file"):
        remotes.parse("box", "box", "me", tmp_path / "gone")


def test_what_is_saved_is_found(tmp_path: Path) -> None:
    remotes.save(tmp_path, BOX, [KEY])
    assert (remotes.named(tmp_path, "box"), remotes.keys(tmp_path, BOX)) == (BOX, (KEY,))


def test_the_store_is_for_the_user_alone(tmp_path: Path) -> None:
    remotes.save(tmp_path / "home", BOX, [KEY])
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "home").iterdir()}
    assert modes == {"remotes.json": 0o600, "remotes_known_hosts": 0o600}


def test_saving_again_renews(tmp_path: Path) -> None:
    moved = Remote("box", "developer", "box.test", 22)
    remotes.save(tmp_path, BOX, [KEY])
    remotes.save(tmp_path, moved, [OTHER])
    assert remotes.every(tmp_path) == (moved,)
    assert (remotes.keys(tmp_path, BOX), remotes.keys(tmp_path, moved)) == ((), (OTHER,))


def test_a_key_stays_as_long_as_a_remote_has_its_place(tmp_path: Path) -> None:
    twin = Remote("twin", "root", BOX.host, BOX.port)
    remotes.save(tmp_path, BOX, [KEY])
    remotes.save(tmp_path, twin, [KEY])
    remotes.forget(tmp_path, "box")
    assert remotes.keys(tmp_path, twin) == (KEY,)
    remotes.forget(tmp_path, "twin")
    assert remotes.keys(tmp_path, twin) == ()


def test_remotes_are_in_order(tmp_path: Path) -> None:
    for name in ("b", "c", "a"):
        remotes.save(tmp_path, Remote(name, "me", name), [KEY])
    assert [remote.name for remote in remotes.every(tmp_path)] == ["a", "b", "c"]


def test_an_unknown_name_gets_the_known_ones(tmp_path: Path) -> None:
    remotes.save(tmp_path, BOX, [KEY])
    with pytest.raises(ServiceProblem, match=r"there is no remote bx \(known: box\)"):
        remotes.named(tmp_path, "bx")


@pytest.mark.parametrize("text", ["", "{}", '[{"name": 1}]'])
def test_a_broken_store_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "remotes.json").write_text(text)
    with pytest.raises(ServiceProblem, match=r"remotes.json: is no list of remotes"):
        remotes.every(tmp_path)


def test_a_container_says_everything_itself(tmp_path: Path) -> None:
    folder = container(tmp_path)
    remote = Remote("ccr", "developer", "localhost", 2222, str(folder / "id_ed25519"))
    assert remotes.instance(tmp_path, "ccr") == (remote, (KEY,))


def test_a_container_that_lacks_something_is_told(tmp_path: Path) -> None:
    folder = container(tmp_path, "Host ccr\n  HostName=localhost\n")
    with pytest.raises(ServiceProblem, match=str(folder)):
        remotes.instance(tmp_path, "ccr")


def test_without_a_folder_there_is_no_container(tmp_path: Path) -> None:
    assert remotes.instance(tmp_path, "ccr") is None
