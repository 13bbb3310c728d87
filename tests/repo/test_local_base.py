"""`scripts/local-base` and `scripts/debian-sources`: what of a machine's settings goes into the image, and what does not."""

import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.repo.machines import Machine

pytestmark = pytest.mark.e2e  # these start processes, and wait for them

TOOLS = [
    "bash", "env", "cat", "tr", "grep", "sed", "awk", "mkdir", "rm", "mktemp", "chmod", "cp", "find", "sort", "paste",
    "tail", "cut", "dirname", "basename", "readlink", "sleep", "tar",
]  # fmt: skip

DEB822 = """\
# the mirror of the house
Types: deb
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.test/security
Suites: bookworm-security
Components: main

Types: deb
URIs: http://other.test/tools
Suites: bookworm
Components: main
Signed-By: /usr/share/keyrings/other.gpg
"""
CLASSIC = """\
deb [arch=amd64] http://mirror.test/debian bookworm main contrib
deb http://mirror.test/debian bookworm-updates main
deb-src http://mirror.test/debian bookworm main
# deb http://mirror.test/old bookworm main
deb [signed-by=/usr/share/keyrings/other.gpg] http://other.test/tools bookworm main
deb http://other.test/docker bookworm stable
deb cdrom:[Debian]/ bookworm main
deb file:/srv/mirror bookworm main
"""
SIGNED = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path)
    machine.has(TOOLS)
    (tmp_path / "apt" / "sources.list.d").mkdir(parents=True)
    (tmp_path / "os-release").write_text("ID=debian\nVERSION_CODENAME=bookworm\n")
    return machine


def sources(machine: Machine, **environment: str) -> subprocess.CompletedProcess[str]:
    here = machine.folder
    return machine.run(
        "debian-sources", "trixie", APT_ETC=f"{here}/apt", OS_RELEASE=f"{here}/os-release", **environment
    )


def test_the_machines_debian_sources_are_taken_for_the_other_suite(machine: Machine) -> None:
    (machine.folder / "apt" / "sources.list.d" / "debian.sources").write_text(DEB822)
    assert sources(machine).stdout.splitlines() == [
        f"{SIGNED} http://mirror.test/debian trixie main",
        f"{SIGNED} http://mirror.test/debian trixie-updates main",
        f"{SIGNED} http://mirror.test/security trixie-security main",
    ]


def test_a_classic_list_does_as_well(machine: Machine) -> None:
    (machine.folder / "apt" / "sources.list").write_text(CLASSIC)
    assert sources(machine).stdout.splitlines() == [
        f"{SIGNED} http://mirror.test/debian trixie main",
        f"{SIGNED} http://mirror.test/debian trixie-updates main",
    ]


def test_a_mirrors_password_is_left_out_and_one_line_says_so(machine: Machine) -> None:
    (machine.folder / "apt" / "sources.list").write_text("deb https://me:s3cr@t@mirror.test/debian bookworm main\n")
    done = sources(machine)
    assert done.stdout == f"{SIGNED} https://mirror.test/debian trixie main\n"
    assert done.stderr == "debian-sources: a mirror's password is left out of its address\n"


def test_ubuntu_has_none_and_can_be_told_one(machine: Machine) -> None:
    (machine.folder / "apt" / "sources.list").write_text("deb http://mirror.test/ubuntu noble main\n")
    (machine.folder / "os-release").write_text("ID=ubuntu\nVERSION_CODENAME=noble\n")
    assert sources(machine).stdout == ""
    assert sources(machine, MIRROR="http://mirror.test/debian").stdout.startswith(f"{SIGNED} http://mirror.test/debian")


# --- the image: mmdebstrap makes a tar of what it is told to copy in, the engine keeps it ------------------------------

MMDEBSTRAP = """
echo "I: working" >&2
for word in "$@"; do case $word in --customize-hook=copy-in*) set -- "$@" "${word#--customize-hook=copy-in }";; *.tar) tar=$word;; esac; done
first=
for word in "$@"; do case $word in "/"*" /") path=${word% /}; first=${first:-$(dirname "$path")};; esac; done
tar --create --file "$tar" --directory "$first" .
"""
ENGINE = 'case $1 in import) for word in "$@"; do case $word in *.tar) cp "$word" "$HERE/image.tar";; esac; done;; esac'
PIP = """cat <<'S'
:env:.cert='/etc/ssl/certs/ca-certificates.crt'
:env:.find-links='/opt/wheels'
global.index-url='https://mirror.test/simple'
global.extra-index-url='file:///opt/index/simple https://more.test/simple'
global.proxy='http://me:s3cret@proxy.test:3128'
S"""
NPM = """cat <<'S'
registry = "https://mirror.test/npm/"
//mirror.test/npm/:_authToken = (protected)
; strict-ssl = true ; overridden by user
https-proxy = "http://me:s3cret@proxy.test:3128"
S"""
APT_CONFIG = """cat <<'S'
Acquire::http::Proxy "http://proxy.test:3128";
Acquire::https::Proxy "http://me:s3cret@proxy.test:3128";
Acquire::Retries "5";
APT::Architecture "amd64";
S"""


@pytest.fixture
def builder(machine: Machine) -> Machine:
    (machine.folder / "apt" / "sources.list").write_text(CLASSIC)
    for name, text in {
        "mmdebstrap": MMDEBSTRAP, "podman": ENGINE, "pip": PIP, "npm": NPM, "apt-config": APT_CONFIG, "id": "echo 0",
    }.items():  # fmt: skip
        machine.stand_in(name, text)
    return machine


def local_base(machine: Machine, **environment: str) -> subprocess.CompletedProcess[str]:
    here = str(machine.folder)
    more = {"ENGINE": "podman", "HERE": here, "APT_ETC": f"{here}/apt", "OS_RELEASE": f"{here}/os-release"}
    (machine.folder / "keyring").touch()
    return machine.run("local-base", "trixie", **(more | {"KEYRING": f"{here}/keyring"} | environment))


def test_the_image_carries_the_machines_client_settings(builder: Machine) -> None:
    done = local_base(builder)
    assert done.returncode == 0, done.stderr
    with tarfile.open(builder.folder / "image.tar") as tar:
        tar.extractall(builder.folder / "image", filter="data")
    image = builder.folder / "image"
    assert (image / "etc/pip.conf").read_text().splitlines() == [
        "[global]",
        "index-url = https://mirror.test/simple",
        "extra-index-url = https://more.test/simple",
        "cert = /etc/ssl/certs/ca-certificates.crt",
    ]
    assert (image / "root/.npmrc").read_text() == "registry=https://mirror.test/npm/\n"
    assert (image / "etc/apt/apt.conf.d/90local-base").read_text().splitlines() == [
        'Acquire::http::Proxy "http://proxy.test:3128";',
        'Acquire::Retries "5";',
    ]
    assert (image / "etc/apt/sources.list").read_text().startswith(f"{SIGNED} http://mirror.test/debian trixie main")


def test_the_image_lists_the_files_that_came_from_the_machine(builder: Machine) -> None:
    local_base(builder)
    with tarfile.open(builder.folder / "image.tar") as tar:
        listed = tar.extractfile("./etc/local-base")
        assert listed is not None
        names = set(listed.read().decode().split())
    assert names >= {"/etc/apt/sources.list", "/etc/apt/apt.conf.d/90local-base", "/etc/pip.conf", "/root/.npmrc"}


def test_no_password_and_nothing_of_the_machines_disk_gets_in(builder: Machine) -> None:
    done = local_base(builder)
    image = (builder.folder / "image.tar").read_bytes()
    assert [word for word in (b"s3cret", b"authToken", b"file:", b"/opt/") if word in image] == []
    assert "left out, because there is a password in it: https-proxy" in done.stderr


def test_what_is_missing_is_said_in_one_line(builder: Machine) -> None:
    (builder.folder / "bin" / "mmdebstrap").unlink()
    done = local_base(builder, KEYRING="/missing/keyring")
    assert (done.returncode, done.stderr.splitlines()) == (
        1,
        [
            "local-base: needs mmdebstrap debian-archive-keyring. Install it (apt-get install mmdebstrap "
            "debian-archive-keyring) and run it again."
        ],
    )


def test_a_mirror_that_fails_leaves_no_image_and_shows_why(builder: Machine) -> None:
    builder.stand_in("mmdebstrap", 'echo "E: no such suite" >&2; exit 1')
    done = local_base(builder)
    assert (done.returncode, (builder.folder / "image.tar").exists()) == (1, False)
    assert "E: no such suite" in done.stderr
    assert "MIRROR=" in done.stderr.splitlines()[-1]
