"""Photos of the invented school, drawn by code: a scene, and figures without faces."""

from __future__ import annotations

import io
from random import Random
from typing import Any

SIZE = (1280, 960)
PORTRAIT = (600, 800)
SHEET = (900, 1200)
# How many wear the red scarf.
COLLARED = 0.6
Colour = tuple[int, int, int]

SKIES: tuple[Colour, ...] = ((196, 219, 232), (222, 226, 214), (240, 222, 196), (205, 214, 228))
WALLS: tuple[Colour, ...] = ((233, 224, 208), (214, 222, 216), (226, 214, 206))
CLOTHES: tuple[Colour, ...] = (
    (31, 97, 102),
    (178, 84, 62),
    (88, 110, 74),
    (201, 158, 74),
    (92, 84, 128),
)
INK: Colour = (92, 96, 112)
HAIR: tuple[Colour, ...] = ((44, 38, 36), (58, 46, 40), (34, 32, 36))
SKIN: Colour = (226, 190, 160)


def draw(random: Random, indoors: bool) -> bytes:
    """Return a JPEG of an invented scene; no two calls draw the same picture."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", SIZE, random.choice(WALLS if indoors else SKIES))
    brush = ImageDraw.Draw(image)
    if indoors:
        _room(brush, random)
    else:
        _yard(brush, random)
    for place in sorted(random.sample(range(2, 11), random.randrange(2, 5))):
        _figure(brush, random, place * 100 + random.randrange(-30, 30))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=82)
    return buffer.getvalue()


def portrait(random: Random, girl: bool) -> bytes:
    """Return a JPEG of a child's head and shoulders without a face; no two are the same."""
    from PIL import Image, ImageDraw

    width, height = PORTRAIT
    image = Image.new("RGB", PORTRAIT, random.choice(SKIES))
    brush = ImageDraw.Draw(image)
    middle, shift = width // 2, random.randrange(-12, 13)
    hair = random.choice(HAIR)
    brush.rounded_rectangle((90, 560, width - 90, height + 80), 120, fill=random.choice(CLOTHES))
    if girl:
        brush.rounded_rectangle((middle - 165, 210, middle + 165, 590), 130, fill=hair)
    brush.rectangle((middle - 48, 500, middle + 48, 610), fill=SKIN)
    brush.ellipse((middle - 135 + shift, 220, middle + 135 + shift, 530), fill=SKIN)
    brush.chord((middle - 150 + shift, 190, middle + 150 + shift, 470), 180, 360, fill=hair)
    if random.random() < COLLARED:
        collar = [(middle - 100, 570), (middle, 690), (middle + 100, 570), (middle, 610)]
        brush.polygon(collar, fill=(200, 54, 48))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=82)
    return buffer.getvalue()


def paper(random: Random) -> bytes:
    """Return a JPEG of a written sheet, as a phone takes it: ruled lines, nothing to read."""
    from PIL import Image, ImageDraw

    width, height = SHEET
    image = Image.new("RGB", SHEET, (244, 241, 232))
    brush = ImageDraw.Draw(image)
    brush.rectangle((width // 4, 70, width * 3 // 4, 104), fill=INK)
    for line in range(160, height - 80, 46):
        brush.line((60, line + 26, width - 60, line + 26), fill=(206, 200, 186), width=2)
        end = random.randrange(width // 2, width - 70)
        brush.rounded_rectangle((72, line + 4, end, line + 18), 7, fill=INK)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def _room(brush: Any, random: Random) -> None:
    width, height = SIZE
    brush.rectangle((0, height - 240, width, height), fill=(171, 148, 122))
    for window in range(3):
        left = 120 + window * 380 + random.randrange(-20, 20)
        brush.rectangle(
            (left, 140, left + 240, 420), fill=(200, 226, 236), outline=(120, 110, 98), width=8
        )
        brush.line((left + 120, 140, left + 120, 420), fill=(120, 110, 98), width=6)
    brush.rectangle((240, 660, 1040, 700), fill=(126, 94, 66))


def _yard(brush: Any, random: Random) -> None:
    width, height = SIZE
    ridge = random.randrange(380, 470)
    brush.polygon(
        [
            (0, ridge + 60),
            (360, ridge - 90),
            (760, ridge + 30),
            (width, ridge - 40),
            (width, height),
            (0, height),
        ],
        fill=(132, 158, 118),
    )
    brush.rectangle((0, height - 230, width, height), fill=(190, 172, 140))
    left = random.randrange(120, 620)
    brush.rectangle((left, 430, left + 460, height - 220), fill=(224, 214, 196))
    brush.polygon([(left - 40, 430), (left + 230, 300), (left + 500, 430)], fill=(124, 78, 62))
    brush.rectangle((left + 190, 580, left + 270, height - 220), fill=(108, 82, 60))


def _figure(brush: Any, random: Random, left: int) -> None:
    tall = random.randrange(210, 320)
    top = SIZE[1] - 130 - tall
    coat = random.choice(CLOTHES)
    brush.rounded_rectangle((left - 46, top + 78, left + 46, top + tall), 26, fill=coat)
    brush.ellipse((left - 36, top, left + 36, top + 76), fill=SKIN)
    brush.chord((left - 38, top - 6, left + 38, top + 62), 180, 360, fill=(52, 44, 40))
