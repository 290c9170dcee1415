"""Airplanes, automobiles, ships and trucks, drawn at random: four classes of the stand-in scenes."""

from datafiles.standins.canvas import dark, light, road, sea, sky, stand

# The points of an outline read best side by side.
# fmt: off


def airplane(s):
    """From the side, or from below, in the sky or on a runway."""
    grounded = s.chance(0.2)
    if grounded:
        road(s, s.between(-0.1, 0.2))
    else:
        sky(s)
    body = s.vary(s.random.choice([(226, 228, 232), (150, 158, 168), (96, 104, 116)]), 12)
    trim = s.paint()
    if grounded or s.chance(0.55):
        stand(s, 0.6, 0.95, 2 if grounded else 14)
        fat = s.between(0.8, 1.3)
        s.polygon(dark(body), (-0.1, 0), (-0.35, -0.3), (-0.45, -0.3), (-0.3, 0))
        s.blob(body, (-0.98, -0.06), (-0.5, -0.12 * fat), (0.5, -0.13 * fat), (0.97, 0.02), (0.6, 0.12 * fat),
               (-0.4, 0.1 * fat))
        s.polygon(trim, (-0.92, -0.05), (-1.05, -0.46), (-0.86, -0.46), (-0.55, -0.09))
        s.polygon(dark(body), (-0.8, -0.02), (-1.08, 0.1), (-0.95, 0.12), (-0.62, 0.02))
        s.polygon(dark(body, 0.2), (0.25, 0.03), (-0.3, 0.42), (-0.46, 0.42), (-0.2, 0.05))
        s.disc(dark(body, 0.4), -0.02, 0.2, 0.12, 0.055)
        for k in range(9):
            s.disc(dark(body, 0.7), -0.45 + k * 0.13, -0.03, 0.026, 0.03)
        s.polygon(dark(body, 0.75), (0.78, -0.07), (0.88, -0.03), (0.76, -0.02))
        if grounded:
            for x in (-0.2, 0.7):
                s.line(dark(body, 0.6), 0.03, (x, 0.1), (x, 0.24))
                s.disc((24, 24, 26), x, 0.26, 0.06)
    else:
        s.place(s.between(-0.15, 0.15), s.between(-0.15, 0.15), s.between(0.55, 0.95), s.between(-80, 80),
                s.chance(0.5))
        sweep, span = s.between(-0.05, 0.5), s.between(0.7, 1)
        for side in (-1, 1):
            s.polygon(dark(body, 0.15), (0.3, 0), (0.05 - sweep, side * span), (-0.1 - sweep, side * span),
                      (-0.2, 0))
            s.polygon(dark(body, 0.15), (-0.75, 0), (-0.95, side * 0.36), (-1.02, side * 0.36), (-0.95, 0))
            s.disc(dark(body, 0.45), 0.12 - sweep * 0.4, side * span * 0.4, 0.13, 0.05)
        s.blob(body, (-1, 0), (-0.5, -0.09), (0.6, -0.11), (0.98, 0), (0.6, 0.11), (-0.5, 0.09))
        s.line(trim, 0.04, (-1, 0), (-0.6, 0))


def wheels(s, places, y, radius):
    """Wheels with hubs."""
    for x in places:
        s.disc((22, 22, 24), x, y, radius)
        s.disc((150, 152, 158), x, y, radius * 0.5)


def automobile(s):
    """From the side, or from the front."""
    road(s, s.between(-0.4, 0.1))
    color, glass = s.paint(), s.vary((74, 92, 108), 14)
    stand(s, 0.55, 0.9, 2, 0.2)
    s.disc((40, 40, 44), 0, 0.32, 0.98, 0.09)
    if s.chance(0.7):
        roof, rear, front = s.between(-0.48, -0.3), s.between(-0.85, -0.5), s.between(0.15, 0.4)
        s.polygon(dark(color, 0.1), (rear - 0.1, -0.04), (rear + 0.18, roof), (front - 0.22, roof),
                  (front + 0.12, -0.04))
        middle = (rear + front) / 2
        s.polygon(glass, (rear + 0.02, -0.05), (rear + 0.22, roof + 0.06), (middle - 0.03, roof + 0.06),
                  (middle - 0.03, -0.05))
        s.polygon(glass, (middle + 0.03, -0.05), (middle + 0.03, roof + 0.06), (front - 0.24, roof + 0.06),
                  (front + 0.03, -0.05))
        s.blob(color, (-0.98, 0.02), (-0.8, -0.1), (0, -0.09), (0.6, -0.08), (0.97, 0.06), (0.98, 0.24),
               (0, 0.27), (-0.98, 0.25))
        s.line(dark(color), 0.02, (middle, -0.05), (middle, 0.22))
        s.disc((250, 240, 190), 0.92, 0.07, 0.05, 0.04)
        s.disc((200, 40, 36), -0.94, 0.05, 0.04, 0.05)
        wheels(s, (-0.58, 0.58), 0.25, s.between(0.16, 0.21))
    else:
        for side in (-1, 1):
            s.polygon((22, 22, 24), (side * 0.72, 0.1), (side * 0.5, 0.1), (side * 0.5, 0.42),
                      (side * 0.72, 0.42))
        s.polygon(dark(color, 0.1), (-0.7, -0.12), (-0.48, -0.58), (0.48, -0.58), (0.7, -0.12))
        s.polygon(glass, (-0.6, -0.14), (-0.43, -0.5), (0.43, -0.5), (0.6, -0.14))
        s.blob(color, (-0.82, -0.02), (-0.7, -0.15), (0, -0.18), (0.7, -0.15), (0.82, -0.02), (0.8, 0.3),
               (0, 0.32), (-0.8, 0.3))
        s.polygon((40, 42, 46), (-0.35, 0.08), (0.35, 0.08), (0.3, 0.22), (-0.3, 0.22))
        for side in (-1, 1):
            s.disc((250, 244, 210), side * 0.6, 0.04, 0.13, 0.08)


def truck(s):
    """From the side with a box, a tank or an open bed, or from the front."""
    road(s, s.between(-0.4, 0.1))
    color, cargo, glass = s.paint(), s.paint(), s.vary((74, 92, 108), 14)
    stand(s, 0.6, 0.92, 2, 0.15)
    s.disc((40, 40, 44), 0, 0.46, 0.98, 0.09)
    if s.chance(0.7):
        front, kind, top = s.between(0.3, 0.5), s.random.choice("bbbtf"), s.between(-0.65, -0.4)
        s.polygon((52, 52, 56), (-0.98, 0.22), (0.95, 0.22), (0.95, 0.32), (-0.98, 0.32))
        if kind == "b":
            s.polygon(cargo, (-0.98, top), (front - 0.04, top), (front - 0.04, 0.24), (-0.98, 0.24))
            s.polygon(light(cargo, 0.2), (-0.98, top), (front - 0.04, top), (front - 0.04, top + 0.06),
                      (-0.98, top + 0.06))
            s.line(dark(cargo), 0.02, (-0.5, top), (-0.5, 0.24))
        elif kind == "t":
            s.disc(cargo, front / 2 - 0.5, -0.02, 0.5 + front / 2, 0.28)
            s.disc(light(cargo), front / 2 - 0.5, -0.12, 0.42 + front / 2, 0.08)
        else:
            s.polygon(cargo, (-0.98, -0.02), (front - 0.04, -0.02), (front - 0.1, 0.24), (-0.94, 0.24))
            s.blob(s.coat(), (-0.9, -0.02), (-0.5, -0.2), (0, -0.24), (front - 0.1, -0.02))
        roof = s.between(-0.5, -0.3)
        nose = s.between(front + 0.3, 0.98)
        s.polygon(color, (front, 0.26), (front, roof), (nose - 0.14, roof), (nose, 0), (0.98, 0.04),
                  (0.98, 0.3), (front, 0.3))
        s.polygon(glass, (front + 0.1, 0), (front + 0.1, roof + 0.08), (nose - 0.17, roof + 0.08),
                  (nose - 0.06, 0))
        s.disc((250, 240, 190), 0.94, 0.14, 0.04)
        wheels(s, s.random.choice([(-0.7, 0.68), (-0.8, -0.45, 0.68), (-0.8, -0.5, 0, 0.68)]), 0.34,
               s.between(0.14, 0.18))
    else:
        for side in (-1, 1):
            s.polygon((22, 22, 24), (side * 0.6, 0.3), (side * 0.36, 0.3), (side * 0.36, 0.56),
                      (side * 0.6, 0.56))
            s.line((40, 42, 46), 0.05, (side * 0.6, -0.4), (side * 0.78, -0.34), (side * 0.78, -0.1))
        s.polygon(cargo, (-0.62, -0.9), (0.62, -0.9), (0.62, 0.3), (-0.62, 0.3))
        s.polygon(color, (-0.58, -0.6), (0.58, -0.6), (0.64, 0.4), (-0.64, 0.4))
        s.polygon(glass, (-0.5, -0.5), (0.5, -0.5), (0.54, -0.1), (-0.54, -0.1))
        s.polygon((48, 50, 54), (-0.3, 0), (0.3, 0), (0.3, 0.28), (-0.3, 0.28))
        for side in (-1, 1):
            s.disc((250, 244, 210), side * 0.48, 0.2, 0.09)


def ship(s):
    """A liner, a container ship or a sailing boat."""
    sea(s, s.between(-0.35, 0.25))
    hull, deck = s.paint(), s.vary((226, 226, 222), 16)
    stand(s, 0.55, 0.92, 4, 0.1)
    kind = s.random.choice("llcs")
    if kind == "s":
        s.line((90, 70, 50), 0.03, (0, 0.2), (0, -0.95))
        s.polygon(s.vary((238, 236, 228), 12), (0.04, -0.92), (0.04, 0.08), (s.between(0.4, 0.75), 0.08))
        s.polygon(s.vary(s.random.choice([(238, 236, 228), hull]), 12), (-0.04, -0.8), (-0.04, 0.08),
                  (s.between(-0.6, -0.35), 0.08))
        s.polygon(hull, (-0.7, 0.14), (0.8, 0.1), (0.55, 0.38), (-0.55, 0.38))
    else:
        if kind == "l":
            for k in range(s.random.randint(2, 3)):
                y = -0.04 - 0.15 * k
                s.polygon(dark(deck, 0.08 * k), (-0.75 + 0.1 * k, y + 0.2), (-0.72 + 0.1 * k, y),
                          (0.5 - 0.14 * k, y), (0.56 - 0.14 * k, y + 0.2))
                for x in range(8 - k):
                    s.disc(dark(deck, 0.65), -0.6 + 0.1 * k + 0.13 * x, y + 0.09, 0.03)
            for x in s.random.choice([(-0.2,), (-0.35, 0.05)]):
                s.polygon(s.paint(), (x - 0.09, -0.3), (x - 0.07, -0.68), (x + 0.09, -0.68), (x + 0.09, -0.3))
        else:
            s.polygon(deck, (-0.85, 0.15), (-0.85, -0.5), (-0.55, -0.5), (-0.55, 0.15))
            for k in range(10):
                x, y = -0.5 + 0.24 * (k % 5), 0.0 - 0.17 * (k // 5)
                if k < 5 or s.chance(0.6):
                    s.polygon(s.paint(), (x, y), (x + 0.22, y), (x + 0.22, y + 0.16), (x, y + 0.16))
        s.polygon(hull, (-0.95, 0.12), (0.75, 0.12), (1, 0.04), (0.72, 0.42), (-0.85, 0.42))
        s.polygon(dark(hull, 0.5), (-0.87, 0.36), (0.77, 0.36), (0.72, 0.42), (-0.85, 0.42))
    s.line((224, 232, 236), 0.04, (-0.9, 0.42), (-0.3, 0.44), (0.3, 0.42), (0.85, 0.44))
