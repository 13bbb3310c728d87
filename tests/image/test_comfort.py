"""What makes the container pleasant to live in: whose the files are, what stays, and what a terminal shows."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.image.conftest import StartContainer
from tests.support.containers import Container, Engine, run
from tests.support.sessions import AS_DEVELOPER, Screen, connected, openssh, terminal

NAME, MAIL = """Zoë "Q" O'Neil""", "zoe@example.com"


@pytest.fixture(scope="module")
def shared(shared_container: StartContainer) -> Container:
    return shared_container(TZ="Asia/Kathmandu")


@pytest.fixture
def screen(shared: Container) -> Iterator[Screen]:
    screen = Screen(shared).open()
    yield screen
    screen.close()


# --- whose the files are -----------------------------------------------------------------------------------------------------


def test_files_in_the_workspace_belong_to_whoever_owns_it_on_the_host(container: StartContainer) -> None:
    running = replace(container(), owner=1777)
    running.start()
    running.ssh("touch /workspace/by-ssh && mkdir /workspace/folder")
    running.execute(AS_DEVELOPER, "touch", "by-exec")
    running.script("shell", more={"CCR_RUN": "touch by-make"})
    with connected(running) as connection, connection.open_sftp() as sftp:
        sftp.open("/workspace/by-sftp", "w").close()
    made = {path.name: (path.stat().st_uid, path.stat().st_gid) for path in running.workspace.iterdir()}
    owner = running.workspace.stat()
    assert made == dict.fromkeys(["by-ssh", "folder", "by-exec", "by-make", "by-sftp"], (owner.st_uid, owner.st_gid))


def test_the_engines_exec_knows_developer_by_name_where_the_uid_is_the_images(container: StartContainer) -> None:
    running = container(DEV_UID="1000", DEV_GID="1000")
    seen = running.execute("sh", "-c", "id -u; id -un; echo $HOME; touch ~/file && echo made", user="developer").stdout
    assert seen.split() == ["1000", "developer", "/home/developer", "made"]


def test_a_home_of_another_uid_is_handed_over(container: StartContainer) -> None:
    running = container()
    running.ssh("mkdir -p deep/er && echo kept > deep/er/file && ln -s /etc/passwd link")
    running.start(DEV_UID="1234", DEV_GID="2345")
    assert running.ssh("id -u; id -g; cat deep/er/file").stdout == "1234\n2345\nkept\n"
    assert running.ssh("find ~ ! -user 1234 -o ! -group 2345").stdout == ""
    assert running.execute("stat", "-c", "%u", "/usr/lib/ccr/accounts/passwd").stdout == "0\n"


@pytest.mark.parametrize("number", ["0", "901", "me"])
def test_a_uid_that_cannot_be_is_refused_with_a_reason(shared: Container, number: str) -> None:
    done = shared.engine.run("run", "--rm", "-e", f"DEV_UID={number}", shared.image, check=False)
    assert done.returncode == 1
    assert f"'{number}'" in done.stderr
    assert len(done.stderr.splitlines()) == 1


# --- what stays ----------------------------------------------------------------------------------------------------------------


def test_the_home_outlives_container_and_image(container: StartContainer, engine: Engine) -> None:
    running = container()
    running.ssh('echo mine > note; mkdir -p .claude/projects; echo \'{"theme": "light"}\' > .claude/settings.json')
    running.ssh("""jq '. + {oauthAccount: {emailAddress: "me"}}' .claude.json > new && mv new .claude.json""")
    other = f"{running.name}-other"
    recipe = f"FROM {running.image}\nLABEL built=again\n"
    engine.run("build", "--quiet", "--tag", other, "-", text=recipe)
    try:
        running.script("down")
        replace(running, image=other).start()
        kept = running.ssh(
            "cat note; jq -r .theme .claude/settings.json; jq -r .oauthAccount.emailAddress .claude.json"
        )
        assert kept.stdout == "mine\nlight\nme\n"
        running.script("down")
    finally:
        engine.run("image", "rm", other)


def test_claude_opens_with_the_question_of_trust_and_no_other(shared: Container) -> None:
    screen = Screen(shared, "claude").open("cd /workspace && exec claude")
    shown = screen.wait_for("trust this folder")
    screen.close()
    assert "/workspace" in shown
    for other in ("theme", "Detected a custom API key", "Log in", "login"):
        assert other not in shown


# --- what git, clock and language know -------------------------------------------------------------------------------------------


def test_commits_carry_the_name_of_who_started_it(container: StartContainer) -> None:
    running = container()
    for field, value in (("name", NAME), ("email", MAIL)):
        run(
            ["git", "config", "-f", str(running.home / ".gitconfig"), f"user.{field}", value],
            running.engine.environment,
        )
    running.script("down")
    running.start()
    running.ssh("cd /workspace && git init -q . && git commit -q --allow-empty -m first")
    author = running.ssh("git -C /workspace log --format='%an <%ae>'").stdout
    assert author == f"{NAME} <{MAIL}>\n"


def test_git_works_in_a_repository_that_belongs_to_somebody_else(shared: Container) -> None:
    shared.ssh("git init -q /tmp/theirs")
    shared.execute("chown", "4321:4321", "/tmp/theirs", "/tmp/theirs/.git")
    assert shared.ssh("git -C /tmp/theirs status --short").stdout == ""


def test_the_clock_shows_the_time_of_the_host(shared: Container) -> None:
    assert shared.ssh("date +%z").stdout == "+0545\n"


def test_letters_beyond_ascii_pass(shared: Container) -> None:
    assert shared.ssh("locale charmap; touch /workspace/żółw; ls /workspace").stdout.startswith("UTF-8\n")
    assert (shared.workspace / "żółw").exists()


# --- what a terminal shows -------------------------------------------------------------------------------------------------------


def test_a_login_is_greeted_with_one_line(shared: Container) -> None:
    shown = terminal(shared, "true")
    version = shared.ssh("claude --version").stdout.split()[0]
    (line,) = [line for line in shown.splitlines() if "Claude Code" in line]
    assert f"Claude Code {version}, through router" in line
    assert "warranty" not in shown.lower()
    assert "Last login" not in shown


def test_a_further_shell_is_not_greeted(shared: Container, screen: Screen) -> None:
    screen.wait_for("$")
    assert "Claude Code" not in screen.text


def test_the_prompt_shows_the_route_and_that_the_router_is_down(container: StartContainer) -> None:
    provider = {"name": "scripted", "api_base_url": "http://127.0.0.1:9/v1", "api_key": "k", "models": ["m"]}
    running = container(config={"Providers": [provider], "Router": {"default": "scripted,m"}})
    screen = Screen(running).open()
    screen.wait_for("[scripted,m] ~ $")
    screen.type("cd /workspace; ccr stop", "Enter")
    screen.wait_for("[down] /workspace $")
    screen.type("ccr start", "Enter")
    assert "[down]" in screen.wait_for("[scripted,m] /workspace $"), "what was shown before stays"


def test_a_prompt_of_ones_own_stays(container: StartContainer) -> None:
    running = container()
    running.ssh("echo \"PS1='mine> '\" >> .bashrc")
    assert "mine> " in terminal(running, "true")


def test_tab_completes_gits_words(screen: Screen) -> None:
    screen.wait_for("$")
    screen.type("git checko", "Tab")
    assert "git checkout" in screen.wait_for("git checkout")


def test_a_terminal_that_is_not_known_here_is_taken_for_a_common_one(shared: Container) -> None:
    shown = openssh(shared, "-tt", shared.name, text="echo term=$TERM=; clear\nexit\n", TERM="xterm-of-tomorrow").stdout
    assert "term=xterm-256color=" in shown
    assert "unknown" not in shown


def test_kittys_terminal_is_drawn_on(shared: Container) -> None:
    shown = openssh(shared, "-tt", shared.name, text="clear && echo term=$TERM=\nexit\n", TERM="xterm-kitty").stdout
    assert "term=xterm-" in shown


def test_a_dumb_terminal_is_left_as_it_is(shared: Container) -> None:
    assert "term=dumb=" in openssh(shared, "-tt", shared.name, text="echo term=$TERM=\nexit\n", TERM="dumb").stdout


@pytest.mark.parametrize("tool", "claude ccr git rg jq less tmux curl ssh python3 ps".split())
def test_the_tool_is_there(shared: Container, tool: str) -> None:
    assert shared.ssh(f"command -v {tool}").returncode == 0


# --- several -----------------------------------------------------------------------------------------------------------------------


def test_two_live_side_by_side_and_know_nothing_of_each_other(shared: Container, container: StartContainer) -> None:
    other = container()
    other.ssh("echo other > ~/mine; echo other > /workspace/mine")
    assert other.ssh("hostname").stdout == f"{other.name}\n"
    assert shared.ssh("hostname").stdout == f"{shared.name}\n"
    assert shared.ssh("ls ~/mine /workspace/mine", check=False).returncode == 2
    keys = {each.ssh("echo $ANTHROPIC_AUTH_TOKEN").stdout for each in (shared, other)}
    assert len(keys) == 2
    other.script("clean")
    assert shared.is_healthy()


def test_a_taken_port_is_told_with_a_remedy(shared: Container, container: StartContainer) -> None:
    other = replace(container(), port=shared.port)
    other.script("down")
    done = other.script("start", "router", check=False)
    assert done.returncode == 1
    assert f"port {shared.port} is taken" in done.stderr
    assert "PORT=" in done.stderr
