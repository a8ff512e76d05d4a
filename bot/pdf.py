"""One page of labels and values as a PDF, with nothing but the standard library.

Chinese is set in STSong-Light, one of the fonts that PDF readers bring along for it: the file
stays at a few kilobytes and needs no font on the server.
"""

from __future__ import annotations

from collections.abc import Sequence

_FONT = b"""<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UTF16-H
/DescendantFonts [<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light
/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /DW 1000 /W [1 95 500]
/FontDescriptor << /Type /FontDescriptor /FontName /STSong-Light /Flags 6
/FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880
/StemV 93 >> >>] >>"""
_PAGE = b"""<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R
/Resources << /Font << /F1 5 0 R >> >> >>"""
LEFT, TOP, VALUES, LINE = 60, 770, 200, 30
WIDEST = 24  # signs in the column of values before it breaks


def form(title: str, rows: Sequence[tuple[str, str]], foot: str) -> bytes:
    """Return a page with a title, one row a label and value, and a line at the end."""
    drawn = [_text(LEFT, TOP, 18, title), _rule(TOP - 12)]
    y = TOP - 12 - LINE
    for label, value in rows:
        drawn.append(_text(LEFT, y, 11, label))
        for part in _broken(value):
            drawn.append(_text(VALUES, y, 12, part))
            y -= LINE - 10
        y -= 10
    drawn += [_rule(y + 12), _text(LEFT, y - 10, 9, foot)]
    return _document(b"\n".join(drawn))


def _broken(value: str) -> list[str]:
    step = WIDEST * (2 if value.isascii() else 1)
    return [value[at : at + step] for at in range(0, len(value), step)] or [""]


def _text(x: int, y: int, size: int, text: str) -> bytes:
    signs = "".join(sign for sign in text if ord(sign) < 0x10000)
    coded = signs.encode("utf-16-be").hex().upper().encode()
    return b"BT /F1 %d Tf %d %d Td <%s> Tj ET" % (size, x, y, coded)


def _rule(y: int) -> bytes:
    return b"0.5 w %d %d m %d %d l S" % (LEFT, y, 595 - LEFT, y)


def _document(drawn: bytes) -> bytes:
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        _PAGE,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        _FONT,
    ]
    out, offsets = b"%PDF-1.4\n%\xe5\x8f\x8d\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        start,
    )
