"""Gathers what browsers load from the pinned npm packages into build/front: few files, our origin.

The icon sprite holds only the icons whose names stand as a word in quotes in templates or code;
a name too many costs 200 bytes. Whole packages would put 130 MB into every collectstatic.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MODULES = ROOT / "node_modules"
FRONT = ROOT / "build" / "front" / "vendor"
AREAS = ("cvm_platform", "tenants", "analytics", "campaigns")
SUBSETS = ("latin", "latin-ext", "cyrillic", "cyrillic-ext")

_QUOTED = re.compile(r"""["']([a-z][a-z0-9-]*)["']""")
_FACE = re.compile(r"/\* inter-([a-z-]+)-wght-normal \*/\s*(@font-face \{.*?\n\})", re.DOTALL)
_FONT_FILE = re.compile(r"\./files/([\w.-]+\.woff2)")
_SOURCE_MAP = re.compile(rb"\n?(?:/\*|//)# sourceMappingURL=[^\n*]*(?:\*/)?\s*$")


def write(path: Path, content: bytes) -> None:
    """Leaves an equal file alone, so that its time, and what hangs on it, stays."""
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    making = path.with_suffix(path.suffix + ".part")
    making.write_bytes(content)
    making.replace(path)


def words() -> set[str]:
    files = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "templates").rglob("*.svg")]
    files += [file for area in AREAS for file in (ROOT / area).rglob("*.py")]
    return {word for file in files for word in _QUOTED.findall(file.read_text(encoding="utf-8"))}


def symbol(name: str, source: str) -> str:
    inner = source[source.index(">") + 1 : source.rindex("</svg>")]
    shapes = "".join(
        line.strip() for line in inner.splitlines() if line.strip() and 'stroke="none"' not in line
    )
    return f'<symbol id="{name}" viewBox="0 0 24 24">{shapes}</symbol>'


def build_icons() -> int:
    folder = MODULES / "@tabler" / "icons" / "icons" / "outline"
    known = {file.stem for file in folder.glob("*.svg")}
    wanted = sorted(known & words())
    symbols = "\n".join(
        symbol(name, (folder / f"{name}.svg").read_text(encoding="utf-8")) for name in wanted
    )
    sprite = f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n'
    write(FRONT / "icons.svg", sprite.encode())
    return len(wanted)


def build_font() -> None:
    package = MODULES / "@fontsource-variable" / "inter"
    css = (package / "index.css").read_text(encoding="utf-8")
    faces = [face for subset, face in _FACE.findall(css) if subset in SUBSETS]
    if len(faces) != len(SUBSETS):
        raise SystemExit("front: the font package has another shape than expected")
    for face in faces:
        for name in _FONT_FILE.findall(face):
            write(FRONT / "inter" / "files" / name, (package / "files" / name).read_bytes())
    write(FRONT / "inter" / "index.css", "\n".join(faces).encode())


def copy_plain(source: str, target: str) -> None:
    """Without the pointer to a source map, which is not served."""
    write(FRONT / target, _SOURCE_MAP.sub(b"\n", (MODULES / source).read_bytes()))


def main() -> int:
    if not MODULES.is_dir():
        print("front: no node_modules; run make setup first", file=sys.stderr)
        return 1
    copy_plain("@tabler/core/dist/css/tabler.min.css", "tabler.min.css")
    copy_plain("echarts/dist/echarts.min.js", "echarts.min.js")
    build_font()
    for weight in (
        "DejaVuSans",
        "DejaVuSans-Bold",
    ):  # PDF wants whole TrueType files
        name = f"{weight}.ttf"
        write(FRONT / "pdf" / name, (MODULES / "dejavu-fonts-ttf" / "ttf" / name).read_bytes())
    count = build_icons()
    print(f"front: {count} icons, styles, fonts and charts are in build/front")
    return 0


if __name__ == "__main__":
    sys.exit(main())
