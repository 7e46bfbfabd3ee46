"""Documents: pages, a Cyrillic font inside the file, heads repeated."""

import re
import zlib

from cvm_platform.common.pdf import Document


def _streams(content: bytes) -> bytes:
    found = b""
    for raw in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL):
        try:
            found += zlib.decompress(raw)
        except zlib.error:
            continue
    return found


def _pages(content: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", content))


def test_short_document_has_one_page_with_the_font_inside() -> None:
    paper = Document("Акт об уничтожении", "№ 1")
    paper.heading("Что уничтожено")
    paper.pairs([("Оператор", "ООО «Ромашка»")])
    paper.signature("Ответственный", "Орлова А. Н.")
    content = paper.content()
    assert content.startswith(b"%PDF")
    assert _pages(content) == 1
    assert b"DejaVuSans" in content
    assert b"/FontFile2" in content
    assert b"/ToUnicode" in content
    # the map of letters knows Cyrillic: U+0410 is А
    assert re.search(rb"<0410>", content + _streams(content))


def test_long_table_goes_on_over_pages() -> None:
    paper = Document("Приложение")
    paper.table(["Номер", "Дата"], [[str(number), "01.12.2026"] for number in range(300)])
    assert _pages(paper.content()) > 3
