"""Every kind of chart under the real content policy, redrawn when the theme changes."""

import json
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from cvm_platform.common.middleware import POLICY
from tests.browser.conftest import ROOT, Live

X = ["09.26", "10.26", "11.26"]
BAND = {"x": X, "y": [1, 4, 6], "lo": [-3, 0, 2], "hi": [5, 8, 10], "name": "Difference"}
DATA: dict[str, dict[str, Any]] = {
    "months": {"x": X, "v": [[-9e4, 2e4, 9e4], [4e4, 9e4, 2e5], [-8e4, -5e4, -1e4]], "name": "P"},
    "cum": BAND,
    "line": {"x": X, "y": [8412, 8390, 8500], "name": "Size"},
    "spark": {"x": X, "y": [8412, 8390, 8500], "name": "Size"},
    "bars": {"x": X, "y": [10, 20, 15], "name": "Orders"},
    "sales": {"x": X, "revenue": [3e5, 2e5, 4e5], "margin": [1e5, 9e4, 2e5], "names": ["R", "M"]},
}
INK = """el => { const c = el.querySelector('canvas'), d = c.getContext('2d')
  .getImageData(0, 0, c.width, c.height).data; let n = 0;
  for (let i = 3; i < d.length; i += 4) if (d[i]) n++; return n / (d.length / 4) }"""


def _page() -> str:
    plots = "".join(
        f'<h2>{kind}</h2><div class="plot h200" data-chart="{kind}" role="img" '
        f'aria-label="{kind}"></div><script type="application/json">{json.dumps(data)}</script>'
        for kind, data in DATA.items()
    )
    return (
        '<!doctype html><html lang="ru" data-bs-theme="light"><head><meta charset="utf-8">'
        '<title>Charts</title><link rel="stylesheet" href="/static/vendor/inter/index.css">'
        '<link rel="stylesheet" href="/static/cvm/app.css"></head><body><main><h1>Charts</h1>'
        f'{plots}</main><script src="/static/vendor/echarts.min.js"></script>'
        '<script src="/static/cvm/charts.js"></script></body></html>'
    )


def test_every_kind_draws_under_the_policy_in_both_themes(live: Live) -> None:
    page = live.page()
    answer = {
        "body": _page(),
        "content_type": "text/html",
        "headers": {"Content-Security-Policy": POLICY},
    }
    page.route("**/charts-of-the-test/", lambda route: route.fulfill(**answer))
    page.goto(live.url("acme", "/charts-of-the-test/"))
    for kind in DATA:
        plot = page.locator(f'[data-chart="{kind}"]')
        expect(plot.locator("canvas")).to_have_count(1)
        assert plot.evaluate(INK) > 0.01, kind
    live.shoot(page, "charts-light")
    before = page.locator('[data-chart="cum"]').screenshot()
    page.locator('[data-chart="months"]').hover(position={"x": 300, "y": 100})
    page.evaluate("document.documentElement.setAttribute('data-bs-theme', 'dark')")
    live.shoot(page, "charts-dark")
    assert page.locator('[data-chart="cum"]').screenshot() != before


def test_every_chart_of_the_templates_has_its_kind() -> None:
    used = {
        kind
        for file in (ROOT / "templates").rglob("*.html")
        for kind in re.findall(r'data-chart="(\w+)"', file.read_text(encoding="utf-8"))
    }
    script = Path(ROOT / "static" / "cvm" / "charts.js").read_text(encoding="utf-8")
    assert used <= set(DATA)
    assert all(f"    {kind}: function" in script for kind in DATA)
