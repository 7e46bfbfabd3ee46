"""Every icon that a template names is in the sprite: a missing one is an empty button."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SPRITE = ROOT / "build" / "front" / "vendor" / "icons.svg"
NAMED = re.compile(r"""(?:{% icon |icon=)"([a-z][a-z0-9-]*)\"""")


def test_every_named_icon_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', SPRITE.read_text(encoding="utf-8")))
    named = {
        name
        for file in (ROOT / "templates").rglob("*.html")
        for name in NAMED.findall(file.read_text(encoding="utf-8"))
    }
    assert "x" in named
    assert named - drawn == set()
