"""QR codes: what a drop-off point scans from a page or an email."""

from io import BytesIO

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


def qr_png(text: str, module: int = 8) -> bytes:
    """The code as a picture, ``module`` pixels to each of its modules: for emails, which show no SVG."""
    import segno

    picture = BytesIO()
    segno.make(text, error="m", micro=False).save(picture, kind="png", scale=module, border=_BORDER)
    return picture.getvalue()
