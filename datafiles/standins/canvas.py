"""What the stand-in scenes are painted on: a canvas in the coordinates of the thing, colours, surroundings."""

import colorsys
import math
from functools import cache

import numpy as np
from PIL import Image, ImageDraw

COATS = [(96, 62, 38), (150, 105, 66), (196, 160, 112), (60, 52, 48), (228, 220, 208), (140, 136, 132)]
COATS += [(182, 106, 50)]
CIRCLE = np.stack([np.cos(np.arange(24) * np.pi / 12), np.sin(np.arange(24) * np.pi / 12)], 1)


@cache
def ring(count):
    """Return the matrix (8 * count, count) of a closed Catmull-Rom spline through ``count`` points."""
    t = np.arange(8)[:, None] / 8
    basis = 0.5 * np.hstack(
        [-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, -(t**2) + t**3]
    )
    eye = np.eye(count)
    return np.vstack([basis @ eye[[(i + j - 1) % count for j in range(4)]] for i in range(count)])


class Scene:
    """A canvas, larger than the image, on which shapes are painted in the coordinates of the thing drawn.

    The image spans -1..1 in both directions, y pointing down; `place` moves the origin to the thing.
    """

    def __init__(self, size, random):
        self.size, self.random = size, random
        self.zoom = 4 if size < 128 else 2
        self.image = Image.new("RGB", (size * self.zoom, size * self.zoom))
        self.draw = ImageDraw.Draw(self.image)
        self.place(0, 0, 1)

    def pixels(self):
        """Return the (size, size, 3) uint8 image."""
        return np.asarray(self.image.reduce(self.zoom))

    def between(self, low, high):
        """Return a number between two."""
        return self.random.uniform(low, high)

    def chance(self, share):
        """Return True with this probability."""
        return self.random.random() < share

    def place(self, x, y, scale, degrees=0.0, mirror=False, squeeze=1.0):
        """Put the origin at (x, y) of the image; shapes are scaled, turned and maybe mirrored about it."""
        half = self.size * self.zoom / 2
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        self.unit = scale * half
        flip = -1 if mirror else 1
        self.matrix = np.array([[cos * flip, sin * flip], [-sin * squeeze, cos * squeeze]]) * self.unit
        self.origin = np.array([(x + 1) * half, (y + 1) * half])
        self.numbers = [*self.matrix.tolist(), self.origin.tolist()]

    def shift(self, x, y, scale):
        """Move the origin to (x, y) of the thing, and scale what is drawn from now on."""
        self.origin = np.array([x, y]) @ self.matrix + self.origin
        self.matrix = self.matrix * scale
        self.unit *= scale
        self.numbers = [*self.matrix.tolist(), self.origin.tolist()]

    def polygon(self, color, *points):
        """Fill a polygon."""
        self.fill(color, np.array(points, float))

    def fill(self, color, outline):
        """Fill an outline, an array (points, 2)."""
        self.draw.polygon((outline @ self.matrix + self.origin).astype(np.float32), fill=color)

    def blob(self, color, *points):
        """Fill a smooth outline through the points."""
        self.fill(color, ring(len(points)) @ np.array(points, float))

    def disc(self, color, x, y, rx, ry=None, degrees=0.0):
        """Fill an ellipse."""
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        ry = rx if ry is None else ry
        axes = [self.where(x + rx * cos, y + rx * sin), self.where(x - ry * sin, y + ry * cos)]
        centre = self.where(x, y)
        outline = CIRCLE @ (np.array(axes) - centre) + centre
        self.draw.polygon(outline.astype(np.float32), fill=color)

    def line(self, color, width, *points):
        """Draw a bent line with round ends; ``width`` is in units of the thing."""
        where = [self.where(*point) for point in points]
        thick = max(1, round(width * self.unit))
        self.draw.line(where, fill=color, width=thick, joint="curve" if thick > 4 else None)
        if thick > 2:
            r = (thick - 1) / 2
            for x, y in (where[0], where[-1]):
                self.draw.ellipse((x - r, y - r, x + r, y + r), fill=color)

    def where(self, x, y):
        """Return the pixel at which a point lies; for one or two points faster than a matrix product."""
        (a, b), (c, d), (u, v) = self.numbers
        return x * a + y * c + u, x * b + y * d + v

    def vary(self, color, amount=22):
        """Return the colour with its lightness and its three parts shifted at random."""
        light = self.random.gauss(0, amount)
        return tuple(min(255, max(0, int(c + light + self.random.gauss(0, amount / 3)))) for c in color)

    def paint(self):
        """Return a colour as cars, boats and trucks have."""
        if self.chance(0.35):
            return self.vary((self.random.randint(25, 235),) * 3, 6)
        rgb = colorsys.hsv_to_rgb(self.random.random(), self.between(0.45, 0.95), self.between(0.4, 0.95))
        return tuple(int(255 * c) for c in rgb)

    def coat(self):
        """Return a colour as animals have."""
        return self.vary(self.random.choice(COATS), 16)

    def backdrop(self, top, bottom, above, below):
        """Fill the rows from y ``top`` to ``bottom`` of the image with a vertical gradient of colour."""
        full = self.size * self.zoom
        first, last = (round((y + 1) / 2 * full) for y in (top, bottom))
        if last > first:
            share = (np.arange(last - first) / (last - first))[:, None, None]
            colors = np.array(above) + (np.array(below) - np.array(above)) * share
            strip = Image.fromarray(colors.astype(np.uint8))
            self.image.paste(strip.resize((full, last - first), Image.Resampling.NEAREST), (0, first))


def mix(one, other, share):
    """Return a colour between two; a share outside 0..1 is clipped."""
    share = min(1, max(0, share))
    (r, g, b), (u, v, w) = one, other
    return int(r + (u - r) * share), int(g + (v - g) * share), int(b + (w - b) * share)


def dark(color, share=0.3):
    """Return the colour in shadow."""
    return mix(color, (10, 12, 24), share)


def light(color, share=0.3):
    """Return the colour in the sun."""
    return mix(color, (255, 252, 240), share)


# Surroundings: each fills the whole image.


def sky(s, horizon=1.0):
    """Sky down to the horizon, with or without clouds."""
    # fmt: off
    high, low = s.random.choice(
        [((70, 130, 205), (175, 210, 238)), ((120, 160, 200), (214, 224, 232)),
         ((64, 84, 140), (240, 176, 120)), ((150, 156, 166), (206, 208, 210)), ((28, 36, 74), (110, 112, 150))]
    )
    # fmt: on
    s.backdrop(-1, horizon, s.vary(high), s.vary(low))
    for _ in range(s.random.choice([0, 0, 2, 4, 6])):
        x, y, r = s.between(-1, 1), s.between(-1, horizon), s.between(0.08, 0.25)
        cloud = s.vary((236, 238, 242), 8)
        for k in range(3):
            s.disc(cloud, x + (k - 1) * r, y + s.between(-0.3, 0.3) * r, r, r * 0.55)


def sea(s, horizon):
    """Sky above water with waves."""
    sky(s, horizon)
    near = s.vary(s.random.choice([(28, 78, 120), (40, 110, 120), (70, 90, 104)]))
    s.backdrop(horizon, 1, light(near, 0.3), near)
    for _ in range(14):
        x, y = s.between(-1, 1), s.between(horizon, 1)
        s.line(light(near, s.between(0.1, 0.4)), 0.015, (x, y), (x + s.between(0.1, 0.4), y))


def land(s, horizon):
    """Sky, trees or houses, and grass, sand, snow or earth."""
    sky(s, horizon)
    for _ in range(s.random.choice([0, 3, 6, 9])):
        x, h = s.between(-1, 1), s.between(0.1, 0.6)
        green = s.vary(s.random.choice([(50, 86, 48), (80, 110, 60), (120, 110, 60), (70, 72, 80)]))
        if s.chance(0.6):
            s.line(dark((96, 70, 50)), 0.05, (x, horizon), (x, horizon - h))
            s.disc(green, x, horizon - h, h * 0.45, h * 0.55)
        else:
            s.polygon(green, (x - 0.5, horizon), (x, horizon - h), (x + 0.5, horizon))
    near = s.random.choice([(96, 134, 60), (110, 124, 64), (150, 130, 90), (206, 208, 214), (116, 96, 70)])
    near = s.vary(near)
    s.backdrop(horizon, 1, light(near, 0.15), dark(near, 0.2))
    for _ in range(16):
        x, y, tuft = s.between(-1, 1), s.between(horizon, 1), s.random.choice([(30, 50, 20), (240, 240, 200)])
        s.line(mix(near, tuft, 0.25), 0.02, (x, y), (x + 0.03, y - 0.07))


def road(s, horizon):
    """Houses or trees behind a road."""
    land(s, horizon)
    for _ in range(s.random.choice([0, 0, 2, 4])):
        x, w, h = s.between(-1.1, 0.9), s.between(0.2, 0.6), s.between(0.2, 0.9)
        wall = s.vary(s.random.choice([(168, 120, 98), (200, 190, 170), (130, 132, 140), (90, 96, 108)]))
        s.polygon(wall, (x, horizon), (x, horizon - h), (x + w, horizon - h), (x + w, horizon))
        for k in range(6):
            u, v = x + w * (0.15 + 0.3 * (k % 3)), horizon - h * (0.8 - 0.4 * (k // 3))
            right, low = u + w * 0.14, v + h * 0.2
            s.polygon(dark(wall, 0.5), (u, v), (right, v), (right, low), (u, low))
    grey = s.vary((104, 104, 108), 16)
    top = s.between(0.1, 0.4)
    s.backdrop(top, 1, light(grey, 0.1), dark(grey, 0.15))
    y = s.between(top + 0.4, 0.95)
    for k in range(-3, 3):
        s.line((220, 216, 190), 0.03, (k * 0.4, y), (k * 0.4 + 0.2, y))


def indoors(s, _=0):
    """A wall and a floor, a carpet or a cushion, a picture on the wall."""
    wall = s.vary(s.random.choice([(214, 200, 176), (160, 176, 186), (186, 140, 120), (120, 124, 120)]))
    floor, edge = s.coat(), s.between(0, 0.6)
    s.backdrop(-1, edge, wall, dark(wall, 0.2))
    s.backdrop(edge, 1, floor, dark(floor, 0.25))
    if s.chance(0.5):
        s.disc(s.paint(), s.between(-0.4, 0.4), s.between(0.5, 0.9), s.between(0.6, 1.2), s.between(0.2, 0.4))
    if s.chance(0.4):
        x, y = s.between(-1, 0.6), s.between(-1, -0.5)
        s.polygon(s.paint(), (x, y), (x + 0.5, y), (x + 0.5, y + 0.6), (x, y + 0.6))


def stand(s, low=0.5, high=0.85, tilt=4, y=0.0):
    """Put the thing somewhere near the middle, in some size, looking left or right."""
    x, y = s.between(-0.18, 0.18), y + s.between(-0.12, 0.12)
    s.place(x, y, s.between(low, high), s.random.gauss(0, tilt), s.chance(0.5), s.between(0.85, 1.15))
