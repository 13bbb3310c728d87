import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ccr.config.files import (
    client_key,
    default_path,
    editing,
    find,
    load,
    make_file,
    read_text,
    request_log,
    state_dir,
    write,
)
from ccr.errors import ConfigInvalid


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path)}


def put(env: dict[str, str], name: str, text: str = "{}") -> Path:
    path = state_dir(env) / name
    write(path, text)
    return path


def test_state_lives_in_the_home_unless_told_otherwise(env: dict[str, str], tmp_path: Path) -> None:
    assert state_dir(env) == tmp_path / ".claude-code-router"
    assert state_dir({**env, "CCR_HOME": "~/else"}) == tmp_path / "else"
    assert state_dir({**env, "CCR_HOME": "~"}) == tmp_path
    assert state_dir({"CCR_HOME": "here"}).is_absolute()


def test_json_is_found_before_yaml(env: dict[str, str]) -> None:
    assert find(env) is None
    yml = put(env, "config.yml")
    assert find(env) == yml
    json = put(env, "config.json")
    assert find(env) == json


def test_a_named_file_is_found_before_others(env: dict[str, str], tmp_path: Path) -> None:
    put(env, "config.json")
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    write(one, "{}")
    write(two, "{}")
    env["CCR_CONFIG_PATH"] = "~/one.json"
    assert find(env) == one
    assert find(env, str(two)) == two
    assert default_path(env) == one


def test_a_named_file_must_be_there(env: dict[str, str]) -> None:
    with pytest.raises(ConfigInvalid, match="there is no such file, and --config names it"):
        find(env, "nowhere.json")
    with pytest.raises(ConfigInvalid, match="there is no such file, and CCR_CONFIG_PATH names it"):
        find({**env, "CCR_CONFIG_PATH": "nowhere.json"})


def test_a_new_file_goes_where_it_is_found(env: dict[str, str]) -> None:
    write(default_path(env), "{}")
    assert find(env) == default_path(env)


def test_a_file_is_read_as_its_name_says(env: dict[str, str]) -> None:
    config = load(put(env, "config.yaml", "PORT: 4000"), env)
    assert (config.server.port, config.source) == (4000, str(state_dir(env) / "config.yaml"))


def test_without_a_file_the_environment_holds(env: dict[str, str]) -> None:
    assert load(None, {**env, "GROQ_API_KEY": "k"}).source == "the environment"


def test_every_fault_names_the_file(env: dict[str, str]) -> None:
    path = put(env, "config.json", "{PORT: -1, LOG: 3}")
    with pytest.raises(ConfigInvalid) as broken:
        load(path, env)
    assert [line.startswith(f"{path}: ") for line in broken.value.message.splitlines()] == [True, True]


def test_a_syntax_fault_names_file_and_line(env: dict[str, str]) -> None:
    path = put(env, "config.json", "{\n  PORT 1\n}")
    with pytest.raises(ConfigInvalid, match=r"config\.json: line 2, column 8: not JSON5"):
        load(path, env)


def test_a_custom_router_that_is_not_there_is_noted(env: dict[str, str]) -> None:
    path = Path(env["HOME"], "config.json")
    path.write_text('{"CUSTOM_ROUTER_PATH": "router.py"}')
    assert [notice.path for notice in load(path, env).notices if "router.py" in notice.text] == ["CUSTOM_ROUTER_PATH"]
    (path.parent / "router.py").touch()
    assert not [notice for notice in load(path, env).notices if "router.py" in notice.text]


@pytest.mark.parametrize(
    ("more", "remedy"), [({}, "install Node.js"), ({"CCR_LOCALHOST": "the-host"}, "`WITH_NODE=1 make shell-router`")]
)
def test_a_custom_router_without_node_is_noted_with_what_to_do(
    env: dict[str, str], more: dict[str, str], remedy: str
) -> None:
    path = put(env, "config.json", "{CUSTOM_ROUTER_PATH: 'router.js'}")
    (path.parent / "router.js").touch()
    (note,) = [str(each) for each in load(path, {**env, "PATH": "/nonexistent", **more}).notices if "node" in each.text]
    assert note.startswith("CUSTOM_ROUTER_PATH: there is no `node` to run ")
    assert remedy in note


def test_a_custom_router_with_node_is_not_noted(env: dict[str, str]) -> None:
    path = put(env, "config.json", "{CUSTOM_ROUTER_PATH: 'router.js'}")
    node = path.parent / "node"
    for file in (path.parent / "router.js", node):
        file.touch()
    node.chmod(0o755)
    notices = load(path, {**env, "PATH": str(path.parent)}).notices
    assert not [each for each in notices if each.path == "CUSTOM_ROUTER_PATH"]


def test_a_custom_router_lies_beside_the_file(env: dict[str, str]) -> None:
    path = put(env, "config.json", "{CUSTOM_ROUTER_PATH: 'router.py'}")
    assert load(path, env).custom_router == str(path.parent / "router.py")
    path = put(env, "config.json", "{CUSTOM_ROUTER_PATH: '~/router.py'}")
    assert load(path, env).custom_router == f"{env['HOME']}/router.py"


def test_a_transformer_lies_beside_the_file_and_is_read(env: dict[str, str]) -> None:
    path = put(env, "config.json", "{transformers: [{path: 'mine.py'}, '~/plugin.js']}")
    (path.parent / "mine.py").write_text("NAME = 1")
    mine, plugin = load(path, env).transformers
    assert (mine.path, mine.source) == (str(path.parent / "mine.py"), "NAME = 1")
    assert (plugin.path, plugin.source) == (f"{env['HOME']}/plugin.js", None)


def test_a_transformer_that_is_not_there_is_a_fault_with_its_place(env: dict[str, str]) -> None:
    path = put(env, "config.json", "{transformers: [{path: 'mine.py'}]}")
    with pytest.raises(ConfigInvalid) as fault:
        load(path, env)
    assert str(fault.value) == (
        f"{path}: transformers[0].path: {path.parent / 'mine.py'}: cannot be read: No such file or directory; "
        "correct the path, or take the entry out"
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read: No such file"), (b"\xff", "not UTF-8 text, at byte 0"), (b" " * 5_000_000, "larger than")],
)
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "config.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigInvalid, match=said):
        read_text(path)


def test_a_pipe_in_place_of_a_transformer_is_not_waited_for(env: dict[str, str]) -> None:
    path = put(env, "config.json", "{transformers: [{path: 'mine.py'}]}")
    os.mkfifo(path.parent / "mine.py")
    with pytest.raises(
        ConfigInvalid, match="mine.py: cannot be read: it is a pipe or device, no file; correct the path"
    ):
        load(path, env)


def test_what_is_written_is_the_owners_alone(env: dict[str, str]) -> None:
    path = put(env, "config.json")
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [each.name for each in path.parent.iterdir()] == ["config.json"]


def test_a_file_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("{}")
    path.chmod(0o640)
    write(path, "{} // new")
    assert (path.stat().st_mode & 0o777, path.read_text()) == (0o640, "{} // new")


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give a file away")
def test_what_root_writes_stays_its_users(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("{}")
    os.chown(path, 1000, 1001)
    write(path, "{} // new")
    assert (path.stat().st_uid, path.stat().st_gid) == (1000, 1001)


def test_a_file_that_its_owner_wants_unchanged_stays(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("{}")
    path.chmod(0o444)
    with pytest.raises(ConfigInvalid, match=r"config.json: its owner wants it unchanged \(mode 444\); chmod u\+w"):
        write(path, "{} // new")
    assert path.read_text() == "{}"


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(env: dict[str, str]) -> None:
    path = put(env, "config.json", "old")
    with pytest.raises(UnicodeEncodeError):
        write(path, "\ud800")
    assert path.read_text() == "old"
    assert len(list(path.parent.iterdir())) == 1


def test_a_link_stays_a_link(env: dict[str, str], tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "real.json")
    write(link, "new")
    assert link.is_symlink()
    assert (tmp_path / "real.json").read_text() == "new"


def test_the_request_log_lies_with_the_state_or_in_a_folder_of_its_own(env: dict[str, str]) -> None:
    assert request_log(env) == state_dir(env) / "logs" / "ccr.log"
    assert request_log({**env, "CCR_LOGS": "/var/log/ccr"}) == Path("/var/log/ccr/ccr.log")


def test_the_clients_key_is_made_once(env: dict[str, str]) -> None:
    key = client_key(env)
    assert key.startswith("ccr-")
    assert client_key(env) == key
    assert (state_dir(env) / "key").stat().st_mode & 0o777 == 0o600


def test_many_who_start_at_once_agree_on_the_key(env: dict[str, str]) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: client_key(env), range(16)))) == 1
    assert [each.name for each in state_dir(env).iterdir()] == ["key"]


def test_an_empty_key_file_is_told(env: dict[str, str]) -> None:
    put(env, "key", "\n")
    with pytest.raises(ConfigInvalid, match="is empty; remove it"):
        client_key(env)


def test_a_place_where_no_key_can_be_kept_is_told(env: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path / "file", "")
    with pytest.raises(ConfigInvalid, match="cannot be kept there"):
        client_key({**env, "CCR_HOME": f"{tmp_path}/file/sub"})


def test_a_key_file_that_leads_nowhere_is_told_and_left(env: dict[str, str]) -> None:
    put(env, "config.json")
    path = state_dir(env) / "key"
    path.symlink_to("nowhere")
    with pytest.raises(ConfigInvalid, match="cannot be kept there"):
        client_key(env)
    assert path.is_symlink()


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give a file away")
def test_what_root_makes_in_a_users_folder_is_the_users(tmp_path: Path) -> None:
    os.chown(tmp_path, 1000, 1001)
    env = {"HOME": str(tmp_path)}
    write(default_path(env), "{}")
    client_key(env)
    os.close(make_file(state_dir(env) / "ccr.lock", os.O_RDWR))
    made = [state_dir(env), *state_dir(env).iterdir()]
    assert len(made) == 4
    assert {(each.stat().st_uid, each.stat().st_gid) for each in made} == {(1000, 1001)}


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give a file away")
def test_what_is_there_is_not_given_away(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("of root's")
    (tmp_path / "home").mkdir()
    os.chown(tmp_path / "home", 1000, 1001)
    (tmp_path / "home" / "ccr.lock").symlink_to(tmp_path / "secret")
    os.close(make_file(tmp_path / "home" / "ccr.lock", os.O_RDWR))
    assert (tmp_path / "secret").stat().st_uid == 0


def test_a_file_that_is_a_mount_of_its_own_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "config.json"
    path.write_text("old")

    def busy(old: str, new: Path) -> None:
        raise OSError(errno.EBUSY, "Device or resource busy", old)

    monkeypatch.setattr("os.replace", busy)
    with pytest.raises(
        ConfigInvalid, match=r"/config\.json: is mounted by itself and cannot be replaced; mount its folder"
    ):
        write(path, "new")
    assert [each.name for each in tmp_path.iterdir()] == ["config.json"]


def test_a_place_where_nothing_can_be_written_is_told_without_the_temporary_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=f"^{tmp_path}: cannot be written: "):
        write(tmp_path, "new")


def test_who_edits_at_once_takes_turns_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("0")

    def count(_: int) -> None:
        with editing(path):
            write(path, str(int(path.read_text()) + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(16)))
    assert path.read_text() == "16"
    assert [each.name for each in tmp_path.iterdir()] == ["config.json"]


def test_who_waits_too_long_is_told(tmp_path: Path) -> None:
    with editing(tmp_path / "c"), pytest.raises(ConfigInvalid, match="somebody else"), editing(tmp_path / "c", 0):
        pass


def test_a_disk_without_locks_is_edited_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(file: int, how: int) -> None:
        raise OSError(errno.EBADF, "Bad file descriptor")

    monkeypatch.setattr("fcntl.flock", refused)
    with editing(tmp_path / "config.json"):
        write(tmp_path / "config.json", "{}")
    assert (tmp_path / "config.json").read_text() == "{}"
