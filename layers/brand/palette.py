"""A brand's one accent colour becomes a whole palette, light and dark, in which contrast holds (WCAG 2.2 AA).

Greys are steps of lightness in OKLCH with a breath of the accent's hue, so that each brand's greys look its
own and equal lightness means equal contrast. Everything is written as #rrggbb in the end: mail programs know
nothing else.
"""

import math

TEXT_CONTRAST = 4.6
"""A hair above the 4.5 of WCAG AA, so that rounding to 8 bits never falls below it."""


def palette(accent: str) -> dict[str, dict[str, str]]:
    """``{"light": {...}, "dark": {...}}``: the same names in both."""
    _, chroma, hue = _to_oklch(accent)
    tint = min(chroma, 0.08) * 0.1

    def grey(lightness: float, strength: float = 1) -> str:
        return _from_oklch(lightness, tint * strength, hue)

    light = {
        "page": grey(0.982, 0.6),
        "surface": "#ffffff",
        "ink": grey(0.25, 2),
        "muted": grey(0.48, 2),
        "outline": grey(0.62, 2),
        "line": grey(0.905),
    }
    dark = {
        "page": grey(0.185, 1.5),
        "surface": grey(0.225, 1.5),
        "ink": grey(0.94),
        "muted": grey(0.75),
        "outline": grey(0.58),
        "line": grey(0.335, 1.5),
    }
    for tones, lightness in ((light, 0.5), (dark, 0.8)):
        backgrounds = (tones["page"], tones["surface"])
        tones["accent"] = readable(accent, *backgrounds)
        tones["good"] = readable(_from_oklch(lightness, 0.12, 155), *backgrounds)
        tones["trouble"] = readable(_from_oklch(lightness, 0.14, 50), *backgrounds)
        tones["soft"] = _from_oklch(0.955 if tones is light else 0.29, min(chroma, 0.12) * 0.25, hue)
        tones["trouble_soft"] = _from_oklch(0.96 if tones is light else 0.29, 0.025, 65)
        tones["accent"] = readable(tones["accent"], tones["soft"])
        tones["trouble"] = readable(tones["trouble"], tones["trouble_soft"])
        tones["button"], tones["on_button"] = button(accent if tones is light else tones["accent"])
    return {"light": light, "dark": dark}


def button(colour: str) -> tuple[str, str]:
    """Background and text of a button: the colour itself under white or near-black, whichever can be read on
    it.
    """
    for text in ("#ffffff", "#111111"):
        if contrast(colour, text) >= TEXT_CONTRAST:
            return colour, text
    return readable(colour, "#ffffff"), "#ffffff"


def readable(colour: str, *backgrounds: str) -> str:
    """The colour, made darker or lighter until it can be read on all the backgrounds."""
    lightness, chroma, hue = _to_oklch(colour)
    step = -0.01 if _luminance(backgrounds[0]) > 0.18 else 0.01
    while min(contrast(colour, background) for background in backgrounds) < TEXT_CONTRAST:
        lightness += step
        if not 0 <= lightness <= 1:
            return "#000000" if step < 0 else "#ffffff"
        colour = _from_oklch(lightness, chroma, hue)
    return colour


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _channels(colour: str) -> tuple[float, float, float]:
    """Linear light of #rrggbb."""
    values = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values)
    return red, green, blue


def _luminance(colour: str) -> float:
    red, green, blue = _channels(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _to_oklch(colour: str) -> tuple[float, float, float]:
    red, green, blue = _channels(colour)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.atan2(b, a) % (2 * math.pi) * 180 / math.pi


def _from_oklch(lightness: float, chroma: float, hue: float) -> str:
    """#rrggbb; a colour that screens do not have loses chroma until they do."""
    angle = math.radians(hue)
    while True:
        a, b = chroma * math.cos(angle), chroma * math.sin(angle)
        long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
        medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
        short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
        linear = (
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        )
        if chroma <= 0 or all(-0.0005 <= value <= 1.0005 for value in linear):
            return "#" + "".join(f"{round(255 * _encoded(value)):02x}" for value in linear)
        chroma = max(0.0, chroma - 0.005)


def _encoded(value: float) -> float:
    value = min(1.0, max(0.0, value))
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055
