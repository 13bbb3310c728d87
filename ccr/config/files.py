"""Where settings and state lie on the disk."""

import contextlib
import errno
import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from ccr.config.parse import parse
from ccr.config.schema import JAVASCRIPT, Config, Notice, TransformerFile
from ccr.config.text import read
from ccr.errors import ConfigInvalid

NAMES = ("config.json", "config.yaml", "config.yml")
MOST_BYTES = 4 * 1024 * 1024


def state_dir(env: Mapping[str, str]) -> Path:
    return _expanded(env.get("CCR_HOME") or "~/.claude-code-router", env)


def request_log(env: Mapping[str, str]) -> Path:
    folder = env.get("CCR_LOGS")
    return (_expanded(folder, env) if folder else state_dir(env) / "logs") / "ccr.log"


def _expanded(path: str, env: Mapping[str, str]) -> Path:
    """`~` is the HOME of the environment that was given."""
    home = env.get("HOME")
    if home and (path == "~" or path.startswith("~/")):
        return Path(home) / path[2:]
    return Path(path).expanduser().absolute()


def find(env: Mapping[str, str], explicit: str | None = None) -> Path | None:
    """The file that holds, or None; one that is named must be there."""
    for named, by in ((explicit, "--config"), (env.get("CCR_CONFIG_PATH"), "CCR_CONFIG_PATH")):
        if named:
            path = _expanded(named, env)
            if not path.is_file():
                raise ConfigInvalid(f"{path}: there is no such file, and {by} names it")
            return path
    return next((path for name in NAMES if (path := state_dir(env) / name).is_file()), None)


def default_path(env: Mapping[str, str]) -> Path:
    """Where a new file goes."""
    named = env.get("CCR_CONFIG_PATH")
    return _expanded(named, env) if named else state_dir(env) / NAMES[0]


def read_text(path: Path) -> str:
    try:
        status = path.stat()
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):  # who reads a pipe waits for its writer
            raise ConfigInvalid(f"{path}: cannot be read: it is a pipe or device, no file")
        if status.st_size > MOST_BYTES:
            raise ConfigInvalid(f"{path}: larger than {MOST_BYTES // 2**20} MB; this is no configuration")
        return path.read_text(encoding="utf-8")
    except OSError as broken:
        raise ConfigInvalid(f"{path}: cannot be read: {broken.strerror}") from None
    except UnicodeDecodeError as broken:
        raise ConfigInvalid(f"{path}: not UTF-8 text, at byte {broken.start}") from None


def load(path: Path | None, env: Mapping[str, str], *, ollama: tuple[str, ...] = ()) -> Config:
    """The settings of a file, or without one those of the environment. Raises ConfigInvalid, each line with the file."""
    if path is None:
        return parse({}, env, ollama=ollama, source="the environment")
    text = read_text(path)
    try:
        config = parse(read(text, path.suffix), env, ollama=ollama, source=str(path))
    except ConfigInvalid as broken:
        raise ConfigInvalid("\n".join(f"{path}: {line}" for line in broken.message.splitlines())) from None
    files = tuple(_read(file, path, index) for index, file in enumerate(config.transformers))
    config = replace(config, transformers=files)
    if config.custom_router is None:
        return config
    script = path.parent / config.custom_router
    lack = _lack(script, env)
    noted = (Notice("CUSTOM_ROUTER_PATH", lack),) if lack else ()
    return replace(config, custom_router=str(script), notices=(*config.notices, *noted))


def _read(file: TransformerFile, config: Path, index: int) -> TransformerFile:
    """A path is relative to the configuration. JavaScript is not read: who resolves the names says what to do."""
    path = config.parent / file.path
    if path.suffix in JAVASCRIPT:
        return replace(file, path=str(path))
    try:
        return replace(file, path=str(path), source=read_text(path))
    except ConfigInvalid as broken:
        remedy = "correct the path, or take the entry out"
        raise ConfigInvalid(f"{config}: transformers[{index}].path: {broken.message}; {remedy}") from None


def _lack(script: Path, env: Mapping[str, str]) -> str | None:
    """Why a custom router is not asked."""
    if not script.is_file():
        return f"there is no file {script}; it is not asked"
    if script.suffix not in JAVASCRIPT or shutil.which("node", path=env.get("PATH")):
        return None
    contained = "build the image with one (`WITH_NODE=1 make shell-router` on the host)"
    remedy = contained if env.get("CCR_LOCALHOST") else "install Node.js"
    return f"there is no `node` to run {script}, and it is not asked; {remedy}, or write it in Python"


def write(path: Path, text: str) -> None:
    """Whole or not at all. A new file is for its owner alone; one that is there keeps owner and mode, and a link stays
    one: what it points to is written. Raises ConfigInvalid where it cannot be, or its owner has taken it from writing.
    """
    path = Path(os.path.realpath(path))
    before = path.stat() if path.exists() else None
    if before and not before.st_mode & 0o200:
        raise ConfigInvalid(
            f"{path}: its owner wants it unchanged (mode {before.st_mode & 0o777:o}); chmod u+w allows it"
        )
    try:
        make_dir(path.parent)
        _replace(path, text, before)
    except OSError as broken:
        raise ConfigInvalid(f"{path}: {_unwritten(broken)}") from None


def _replace(path: Path, text: str, before: os.stat_result | None) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            if before:
                keep(file.fileno(), before)
            else:
                leave(file.fileno(), path.parent)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _unwritten(broken: OSError) -> str:
    if broken.errno == errno.EBUSY:  # a file that is a mount of its own, as by `docker run -v …/config.json:…`
        return "is mounted by itself and cannot be replaced; mount its folder, or change the file where it comes from"
    return f"cannot be written: {broken.strerror}"


@contextlib.contextmanager
def editing(path: Path, within: float = 10.0) -> Iterator[None]:
    """Two who change a file take turns. Its folder is locked: the file itself is replaced, and a folder may be all that
    there is; where even that cannot be, as on some network disks, it goes without.
    """
    parent = Path(os.path.realpath(path)).parent
    make_dir(parent)
    folder = os.open(parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _await(folder, parent, within)
        yield
    finally:
        os.close(folder)


def _await(folder: int, path: Path, within: float) -> None:
    deadline = time.monotonic() + within
    while True:
        try:
            return fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise ConfigInvalid(f"{path}: somebody else has been changing it for {within:.0f} s") from None
            time.sleep(0.02)
        except OSError:
            return None


def keep(file: int, before: os.stat_result) -> None:
    """Owner and mode as they were: whoever edits it as root leaves it to its user."""
    with contextlib.suppress(PermissionError):
        os.fchown(file, before.st_uid, before.st_gid)
    os.fchmod(file, before.st_mode & 0o777)


def leave(made: int | Path, folder: Path) -> None:
    """What root makes in a user's folder is the user's: with sudo, or as root of a container, HOME may be another's."""
    owner = folder.stat()
    with contextlib.suppress(OSError):  # only root may
        os.chown(made, owner.st_uid, owner.st_gid)


def make_dir(path: Path, mode: int = 0o700) -> None:
    """A directory that we make is the owner's alone; one that is there is left as it is."""
    if not path.is_dir():
        make_dir(path.parent, 0o777)
        path.mkdir(mode, exist_ok=True)
        leave(path, path.parent)


def make_file(path: Path, flags: int) -> int:
    """Opens a file for its owner alone, made if need be."""
    try:
        made = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return os.open(path, flags | os.O_CREAT, 0o600)
    leave(made, path.parent)
    return made


def client_key(env: Mapping[str, str]) -> str:
    """The key that clients send where the settings name none: made once, then the same for all."""
    path = state_dir(env) / "key"
    try:
        make_dir(path.parent)
        if not path.exists():
            _offer(path, f"{_new_key()}\n")
        key = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as broken:
        raise ConfigInvalid(
            f"{path}: the router's own key cannot be kept there: {getattr(broken, 'strerror', None) or broken}; set CCR_HOME to a folder "
            "that can be written, or CCR_API_KEY to a key of yours"
        ) from None
    if not key:
        raise ConfigInvalid(f"{path}: is empty; remove it, and a new key is made")
    return key


def _new_key() -> str:
    import secrets  # noqa: PLC0415 - once in a router's life

    return f"ccr-{secrets.token_urlsafe(32)}"


def _offer(path: Path, text: str) -> None:
    """Of two who do this at once, the first one's file stays."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".key.")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
            leave(file.fileno(), path.parent)
        os.link(name, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(name)
