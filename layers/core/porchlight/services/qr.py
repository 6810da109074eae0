"""QR codes: what a drop-off point scans from a page."""

_BORDER = 4
"""Modules of white around a code, without which scanners do not find it (ISO/IEC 18004)."""


def qr_svg(text: str, title: str = "") -> str:
    """The code of ``text`` as a piece of HTML that fills the width it is given, black on white whatever the page is.

    ``title`` says in words what it is, for those who do not see it.
    """
    import segno

    made: str = segno.make(text, error="m", micro=False).svg_inline(
        border=_BORDER, dark="#000", light="#fff", omitsize=True, title=title or None, svgclass="qr", lineclass=None
    )
    return made
