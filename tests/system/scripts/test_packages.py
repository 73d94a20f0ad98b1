"""scripts/packages.sh for somebody who may not install: one line that says what to ask for."""

import os
import pty
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "scripts/packages.sh"
NO_SUCH_PACKAGE = "stockd-no-such-package"


@pytest.fixture(name="script")
def make_script():
    """A copy of the script beside a list of its own, where every user may read it."""
    folder = Path(tempfile.mkdtemp(prefix="stockd-packages-"))
    folder.chmod(0o755)
    (folder / "scripts").mkdir(mode=0o755)
    (folder / "packages.txt").write_text(f"# a comment\n[here]\nlibc6\n\n[missing]\nlibc6\n{NO_SUCH_PACKAGE}\n")
    yield Path(shutil.copy(SCRIPT, folder / "scripts"))
    shutil.rmtree(folder)


def run(script, *arguments, prefix=(), **options):
    return subprocess.run(
        [*prefix, script, *arguments], capture_output=True, text=True, timeout=60, check=False, **options
    )


def test_nothing_missing_is_silent(script):
    done = run(script, "here")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_it_only_prints_when_asked_to(script):
    assert run(script, "--missing", "here", "missing").stdout.split() == [NO_SUCH_PACKAGE]


@pytest.fixture(name="terminal")
def make_terminal():
    """What a terminal is to a program that reads it; it is nobody's controlling terminal, so sudo cannot ask and wait."""
    outer, inner = pty.openpty()
    yield inner
    os.close(inner)
    os.close(outer)


@pytest.mark.parametrize("on_terminal", [True, False])
@pytest.mark.parametrize("has_sudo", [True, False])
def test_who_may_not_install_is_told_in_one_line(script, terminal, has_sudo, on_terminal):
    prefix = []
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        prefix = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", "--"]
    programs = "/usr/bin:/bin"
    if not has_sudo:
        # The programs that the script needs, and no sudo among them.
        programs = str(script.parent)
        for name in ["sh", "awk", "sort", "dpkg-query", "dirname", "id"]:
            (script.parent / name).symlink_to(shutil.which(name))
    elif shutil.which("sudo") is None:
        pytest.skip("this machine has no sudo")
    elif subprocess.run([*prefix, "sudo", "-n", "true"], check=False, capture_output=True).returncode == 0:
        pytest.skip("this user may use sudo, and the script would")
    done = run(
        script,
        "missing",
        prefix=[*prefix, "/usr/bin/env", f"PATH={programs}"],
        stdin=terminal if on_terminal else subprocess.DEVNULL,
        start_new_session=True,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith(f"Ask an administrator for: apt-get install {NO_SUCH_PACKAGE}\n")
