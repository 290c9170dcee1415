"""Birds, cats, deer, dogs, frogs and horses, drawn at random: six classes of the stand-in scenes."""

from datafiles.standins.canvas import dark, indoors, land, light, sea, sky, stand

# The points of an outline read best side by side.
# fmt: off


def bird(s):
    """Perched, flying, or wading."""
    pose = s.random.choice("pfw")
    color = s.paint() if s.chance(0.4) else s.coat()
    wing, belly, beak = (dark(color, s.between(0.15, 0.5)), light(color, s.between(0, 0.6)),
                         s.vary((226, 160, 50)))
    if pose == "f":
        sky(s)
        stand(s, 0.5, 0.85, 14)
        lift, reach = s.between(0.5, 0.95), s.between(0.3, 0.8)
        s.blob(dark(wing, 0.2), (0.3, -0.05), (0.2 - reach * 0.4, -lift * 0.8), (-reach * 0.6, -lift),
               (-0.2, -0.02))
        s.polygon(wing, (-0.5, -0.06), (-0.95, -0.1), (-0.92, 0.12), (-0.5, 0.1))
        s.blob(belly, (-0.62, 0), (-0.1, -0.15), (0.4, -0.12), (0.6, 0), (0.3, 0.16), (-0.2, 0.14))
        s.blob(wing, (0.3, 0), (0.1 - reach, -lift), (-0.3 - reach * 0.6, -lift * 0.8), (-0.3, 0.02))
        head = (0.6, -0.08)
    else:
        (sea if pose == "w" and s.chance(0.4) else land)(s, s.between(-0.3, 0.4))
        legs = s.between(0.15, 0.3) if pose == "p" else s.between(0.3, 0.6)
        stand(s, 0.6, 0.95, 8, -0.05)
        if pose == "p" and s.chance(0.6):
            s.line((92, 66, 46), 0.1, (-1.2, 0.45 + legs * 0.5), (1.2, 0.4 + legs * 0.5))
        for x in (-0.08, 0.08):
            s.line(dark(beak, 0.2), 0.035, (x, 0.3), (x + 0.03, 0.35 + legs), (x + 0.12, 0.36 + legs))
        s.polygon(wing, (-0.4, 0.05), (-0.98, 0.3), (-0.9, 0.46), (-0.3, 0.28))
        s.blob(belly, (-0.5, 0.16), (-0.25, -0.16), (0.2, -0.28), (0.45, -0.05), (0.3, 0.28), (-0.1, 0.4))
        s.blob(wing, (-0.72, 0.28), (-0.3, -0.1), (0.1, -0.12), (0.16, 0.1), (-0.15, 0.26))
        rise = s.between(0, 0.12) if pose == "p" else s.between(0.15, 0.4)
        head = (0.42, -0.35 - rise)
        s.line(belly, 0.2, (0.26, -0.08), head)
    x, y = head
    long = s.between(0.16, 0.36)
    s.polygon(beak, (x + 0.1, y - 0.07), (x + 0.14 + long, y + 0.04), (x + 0.1, y + 0.1))
    s.disc(color, x, y, 0.19, 0.18)
    s.disc((240, 240, 236), x + 0.08, y - 0.04, 0.05)
    s.disc((14, 14, 16), x + 0.09, y - 0.04, 0.035)


def beast(s, color, legs, thick, body, neck, tail):
    """Paint an animal on four legs, seen from the side and looking to the right; return where its head goes.

    ``legs`` and ``thick`` are their length and width, ``body`` is half its height, ``neck`` the (x,
        y) that it adds.
    """
    step = s.between(-0.12, 0.12)
    back, chest = -0.55, 0.45
    for x, way, tone in (
        (back, -step, 0.35),
        (chest, step, 0.35),
        (back - 0.12, step, 0.1),
        (chest - 0.12, -step, 0.1),
    ):
        knee = (x + way + 0.03, 0.1 + legs * 0.5)
        s.line(dark(color, tone), thick * 1.5, (x, 0.05), knee)
        s.line(dark(color, tone), thick, knee, (x + way * 0.6, 0.1 + legs))
        s.disc(dark(color, 0.75), x + way * 0.6 + 0.02, 0.1 + legs, thick * 0.75, thick * 0.5)
    tail()
    top, low = -body, body
    s.blob(color, (-0.78, 0), (-0.68, top), (-0.1, top * 0.85), (0.45, top), (0.68, -0.02), (0.5, low),
           (-0.1, low * 0.85), (-0.6, low * 0.95))
    x, y = 0.5 + neck[0], -0.1 + neck[1]
    s.polygon(color, (0.18, top * 0.8), (x - 0.12, y), (x + 0.12, y + 0.1), (0.66, low * 0.3))
    return x, y


def horse(s):
    """From the side, or its head."""
    land(s, s.between(-0.4, 0.2))
    color = s.coat()
    mane = s.random.choice([dark(color, 0.6), (34, 28, 26), light(color, 0.5)])
    if s.chance(0.75):
        stand(s, 0.6, 0.85, 3)
        neck = (s.between(0.16, 0.34), s.between(-0.6, -0.3))
        hang = s.between(-1.05, -0.85)
        tail = [(-0.7, -0.25), (hang, -0.1), (hang, 0.5), (hang + 0.12, 0.45), (-0.74, 0)]
        x, y = beast(s, color, s.between(0.65, 0.8), 0.085, s.between(0.26, 0.32), neck,
                     lambda: s.blob(mane, *tail))
        s.blob(mane, (0.2, -0.24), (x - 0.26, y - 0.02), (x - 0.06, y - 0.14), (x + 0.02, y - 0.02),
               (0.3, -0.12))
        if s.chance(0.25):
            s.blob(s.paint(), (-0.25, -0.3), (0.15, -0.3), (0.1, 0.08), (-0.2, 0.08))
        size = 1
    else:
        stand(s, 0.8, 1.1, 6)
        s.blob(color, (-0.9, 1.2), (-0.5, 0.2), (-0.2, -0.45), (0.2, -0.4), (0.2, 0.1), (0.1, 1.2))
        s.blob(mane, (-0.9, 0.8), (-0.6, 0), (-0.25, -0.55), (0.02, -0.5), (-0.2, 0), (-0.5, 0.9))
        x, y, size = -0.02, -0.36, 1.9
    q = [(-0.1, -0.08), (0.08, -0.1), (0.42, 0.2), (0.42, 0.32), (0.3, 0.33), (0, 0.14)]
    s.polygon(dark(color), (x - 0.08 * size, y - 0.06 * size), (x - 0.04 * size, y - 0.24 * size),
              (x + 0.04 * size, y - 0.06 * size))
    s.blob(color, *[(x + u * size, y + v * size) for u, v in q])
    s.disc(dark(color, 0.5), x + 0.36 * size, y + 0.27 * size, 0.07 * size, 0.06 * size)
    s.disc((16, 14, 14), x + 0.1 * size, y + 0.02 * size, 0.035 * size)
    if s.chance(0.4):
        s.line(light(color, 0.8), 0.05 * size, (x + 0.12 * size, y - 0.04 * size),
               (x + 0.34 * size, y + 0.15 * size))


def deer(s):
    """From the side, or its head; with antlers or without."""
    land(s, s.between(-0.5, 0.2))
    color = s.vary((150, 104, 66), 20) if s.chance(0.7) else s.coat()
    pale = light(color, 0.6)
    if s.chance(0.7):
        stand(s, 0.6, 0.85, 3, 0.08)
        neck = (s.between(0.05, 0.2), s.between(-0.62, -0.45))
        x, y = beast(s, color, s.between(0.7, 0.85), 0.05, s.between(0.2, 0.26), neck,
                     lambda: s.disc((240, 236, 226), -0.8, -0.1, 0.1, 0.07, 30))
        if s.chance(0.3):
            for k in range(10):
                s.disc(pale, -0.6 + 0.1 * k, s.between(-0.15, 0.05), 0.03)
        s.disc(pale, -0.1, 0.17, 0.4, 0.05)
        size = 0.9
        q = [(-0.12, -0.06), (0.06, -0.12), (0.34, 0.08), (0.34, 0.16), (0.05, 0.12)]
        s.blob(color, *[(x + u * size, y + v * size) for u, v in q])
        s.disc((20, 18, 18), x + 0.34 * size, y + 0.11 * size, 0.04)
        s.disc((16, 14, 14), x + 0.07, y - 0.01, 0.03)
        s.blob(dark(color, 0.2), (x - 0.06, y - 0.05), (x - 0.3, y - 0.16), (x - 0.14, y + 0.02))
        roots = [(x - 0.02, y - 0.08, -0.6), (x + 0.02, y - 0.08, 0.4)]
    else:
        stand(s, 0.75, 1, 5, 0.12)
        s.polygon(dark(color, 0.2), (-0.35, 1.2), (-0.25, 0), (0.25, 0), (0.35, 1.2))
        for side in (-1, 1):
            s.blob(dark(color, 0.1), (side * 0.2, -0.2), (side * 0.5, -0.44), (side * 0.66, -0.3),
                   (side * 0.26, -0.04))
        s.blob(color, (-0.3, -0.26), (0, -0.36), (0.3, -0.26), (0.28, 0.1), (0.14, 0.5), (-0.14, 0.5),
               (-0.28, 0.1))
        s.disc(pale, 0, 0.42, 0.14, 0.12)
        s.disc((20, 18, 18), 0, 0.42, 0.09, 0.06)
        for side in (-1, 1):
            s.disc((16, 14, 14), side * 0.22, 0, 0.05, 0.06)
        size, roots = 1.4, [(-0.12, -0.3, -1), (0.12, -0.3, 1)]
    if s.chance(0.7):
        bone, height = s.vary((190, 164, 126), 14), s.between(0.35, 0.55)
        for x, y, lean in roots:
            tip = (x + lean * 0.28 * size, y - height * size)
            bend = (x + lean * 0.34 * size, y - height * 0.5 * size)
            s.line(bone, 0.045 * size, (x, y), bend, tip)
            for t in (0.35, 0.7):
                u, v = x + (bend[0] - x) * t, y + (bend[1] - y) * t
                s.line(bone, 0.035 * size, (u, v), (u + 0.14 * size, v - 0.16 * size))


def face(s, color, eye):
    """Paint the round of a head with two eyes, 1 wide, about the origin."""
    s.disc(color, 0, 0, 0.5, 0.46)
    for side in (-1, 1):
        s.disc(eye, side * 0.2, -0.08, 0.1, 0.09)
        s.disc((12, 12, 12), side * 0.2, -0.08, 0.045, 0.08)


def stripes(s, color):
    """Paint a tabby's stripes on a back."""
    for k in range(6):
        s.line(dark(color, 0.45), 0.04, (-0.55 + 0.17 * k, -0.2), (-0.52 + 0.17 * k, 0.02))


def cat(s):
    """Sitting, standing, or its face: pointed ears, whiskers, a thin tail."""
    place = indoors if s.chance(0.7) else land
    place(s, s.between(-0.3, 0.5))
    color, eye = s.coat(), s.vary(s.random.choice([(190, 200, 70), (120, 190, 90), (210, 160, 50)]), 14)
    pale, tabby = light(color, s.between(0, 0.7)), s.chance(0.5)
    pose = s.random.choice("fsw")
    if pose == "w":
        stand(s, 0.6, 0.85, 3, 0.1)
        wave = s.between(-0.3, 0.3)
        x, y = beast(s, color, s.between(0.45, 0.55), 0.09, 0.22,
                     (s.between(0.1, 0.22), s.between(-0.3, -0.1)),
                     lambda: s.line(color, 0.08, (-0.7, -0.1), (-0.95, -0.4), (-0.95 - wave, -0.8)))
        if tabby:
            stripes(s, color)
        where, size = (x + 0.02, y - 0.05), 0.52
    elif pose == "s":
        stand(s, 0.65, 0.9, 3, 0.1)
        s.line(dark(color, 0.15), 0.1, (0.3, 0.75), (0.75, 0.8), (s.between(0.6, 1), s.between(0.3, 0.7)))
        s.blob(color, (-0.25, -0.3), (0.25, -0.3), (0.48, 0.5), (0.4, 0.85), (-0.4, 0.85), (-0.48, 0.5))
        s.disc(pale, 0, 0.25, 0.18, 0.4)
        for side in (-1, 1):
            s.line(dark(color, 0.25), 0.02, (side * 0.06, 0.4), (side * 0.06, 0.85))
            s.disc(pale, side * 0.16, 0.85, 0.13, 0.07)
        where, size = (s.between(-0.1, 0.1), -0.5), 0.78
    else:
        stand(s, 0.7, 1, 8, 0.1)
        s.blob(color, (-0.5, 0.2), (0.5, 0.2), (0.9, 1.3), (-0.9, 1.3))
        where, size = (0, -0.1), 1.3
    s.shift(*where, size)
    for side in (-1, 1):
        s.polygon(color, (side * 0.48, -0.1), (side * 0.46, -0.72), (side * 0.08, -0.4))
        s.polygon((206, 150, 140), (side * 0.4, -0.25), (side * 0.41, -0.58), (side * 0.2, -0.38))
    face(s, color, eye)
    if tabby:
        for x in (-0.12, 0, 0.12):
            s.line(dark(color, 0.45), 0.04, (x, -0.42), (x * 0.8, -0.22))
    for side in (-1, 1):
        s.disc(pale, side * 0.09, 0.2, 0.13, 0.1)
        for k in (-1, 0, 1):
            s.line((236, 236, 230), 0.012, (side * 0.15, 0.18 + 0.03 * k), (side * 0.62, 0.16 + 0.09 * k))
    s.polygon((206, 120, 120), (-0.07, 0.08), (0.07, 0.08), (0, 0.16))


def dog(s):
    """Standing, or its face: hanging ears, a muzzle, a thick tail."""
    place = indoors if s.chance(0.4) else land
    place(s, s.between(-0.3, 0.4))
    color = s.coat()
    ear, pale = dark(color, s.between(0.1, 0.6)), light(color, s.between(0, 0.7))
    if s.chance(0.5):
        stand(s, 0.6, 0.85, 3, 0.1)
        wag = s.between(-0.1, 0.3)
        x, y = beast(s, color, s.between(0.45, 0.65), 0.1, s.between(0.22, 0.3),
                     (s.between(0.12, 0.26), s.between(-0.4, -0.2)),
                     lambda: s.line(color, 0.1, (-0.7, -0.1), (-0.95, -0.3), (-0.95 + wag, -0.55)))
        if s.chance(0.4):
            s.disc(ear, s.between(-0.4, 0.2), -0.08, 0.2, 0.14)
        s.disc(color, x + 0.03, y - 0.06, 0.22, 0.2)
        s.blob(pale, (x + 0.1, y - 0.1), (x + 0.42, y - 0.02), (x + 0.42, y + 0.12), (x + 0.1, y + 0.14))
        s.disc((18, 16, 16), x + 0.43, y, 0.055)
        s.disc((14, 12, 12), x + 0.1, y - 0.12, 0.035)
        s.blob(ear, (x - 0.08, y - 0.24), (x + 0.02, y - 0.16), (x - 0.04, y + 0.16), (x - 0.18, y + 0.12),
               (x - 0.2, y - 0.1))
    else:
        stand(s, 0.7, 1, 8, 0.05)
        s.blob(color, (-0.5, 0.2), (0.5, 0.2), (0.9, 1.3), (-0.9, 1.3))
        s.shift(0, -0.15, 1.2)
        face(s, color, (70, 46, 30))
        if s.chance(0.4):
            s.disc(ear, s.random.choice((-1, 1)) * 0.2, -0.1, 0.17, 0.18)
            for side in (-1, 1):
                s.disc((12, 12, 12), side * 0.2, -0.08, 0.06)
        s.blob(pale, (-0.14, 0), (0.14, 0), (0.27, 0.25), (0.16, 0.46), (-0.16, 0.46), (-0.27, 0.25))
        s.disc((18, 16, 16), 0, 0.1, 0.12, 0.09)
        s.line((40, 24, 24), 0.025, (0, 0.16), (0, 0.32))
        if s.chance(0.5):
            s.disc((220, 110, 120), 0, 0.44, 0.09, 0.15)
        for side in (-1, 1):
            drop = s.between(0.1, 0.4)
            s.blob(ear, (side * 0.3, -0.42), (side * 0.56, -0.3), (side * 0.64, drop),
                   (side * 0.44, drop + 0.05), (side * 0.4, -0.1))


def frog(s):
    """Squatting, seen from the front or from the side."""
    place = s.random.choice([land, sea, indoors])
    place(s, s.between(-0.7, 0))
    color = s.vary(
        s.random.choice([(86, 140, 50), (70, 110, 60), (130, 150, 60), (130, 100, 60), (90, 84, 70)]), 16
    )
    pale = light(color, s.between(0.3, 0.7))
    stand(s, 0.55, 0.95, 6, 0.15)
    if s.chance(0.6):
        s.disc(s.vary((60, 104, 60)), 0, 0.55, 1.1, 0.2)
    gold = s.vary((214, 170, 60), 14)
    if s.chance(0.5):
        for side in (-1, 1):
            s.disc(dark(color, 0.15), side * 0.68, 0.3, 0.3, 0.22, side * 30)
            s.line(dark(color, 0.25), 0.1, (side * 0.7, 0.48), (side * 0.95, 0.54))
        s.blob(color, (-0.45, -0.3), (0.45, -0.3), (0.72, 0.2), (0.5, 0.52), (-0.5, 0.52), (-0.72, 0.2))
        s.disc(pale, 0, 0.3, 0.42, 0.2)
        for side in (-1, 1):
            s.line(color, 0.12, (side * 0.36, 0.2), (side * 0.4, 0.5), (side * 0.5, 0.56))
            s.disc(color, side * 0.36, -0.36, 0.2)
            s.disc(gold, side * 0.36, -0.38, 0.13)
            s.disc((12, 12, 12), side * 0.36, -0.38, 0.09, 0.05)
        s.line(dark(color, 0.6), 0.035, (-0.5, -0.05), (-0.25, 0.04), (0.25, 0.04), (0.5, -0.05))
    else:
        s.blob(color, (-0.8, 0.45), (-0.6, 0.05), (0, -0.35), (0.5, -0.42), (0.85, -0.15), (0.6, 0.15),
               (0.3, 0.5))
        s.disc(pale, 0.45, 0.08, 0.26, 0.14, -20)
        s.blob(dark(color, 0.18), (-0.75, 0.4), (-0.45, -0.02), (-0.05, 0.15), (-0.2, 0.45))
        s.line(dark(color, 0.25), 0.11, (-0.6, 0.42), (-0.1, 0.5), (-0.3, 0.56))
        s.line(color, 0.11, (0.35, 0.2), (0.42, 0.48), (0.58, 0.54))
        s.disc(color, 0.45, -0.42, 0.18)
        s.disc(gold, 0.47, -0.44, 0.12)
        s.disc((12, 12, 12), 0.49, -0.44, 0.08, 0.05)
        s.line(dark(color, 0.6), 0.03, (0.84, -0.12), (0.4, -0.05))
    if s.chance(0.4):
        for _ in range(7):
            s.disc(dark(color, 0.4), s.between(-0.4, 0.4), s.between(-0.1, 0.3), s.between(0.03, 0.08))
