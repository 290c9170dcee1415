"""Make the pictures of the README in docs/, in a browser: python tools/make_pictures.py [NAME ...]

Only stand-ins, scikit-image's photographs and what is drawn here are on them, so that they are ours to publish.
"""

import argparse
import io
import os
import shutil
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
FOLDER = ROOT / "docs"
WIDTH, HEIGHT = 1180, 560  # of a demo, in pixels of the page
MARGIN = 12
SCALE, QUALITY = 1, 80  # pixels of a picture a pixel of the page, and of WebP
STEPS = 3  # frames for each part of the stroke
PUBLISHED = "these pictures are published: they are made with stand-ins, but real data are here"
PAGE = """<!doctype html><meta charset="utf-8"><title>A demo</title>
<style>
  body {{ margin: {margin}px; font-family: sans-serif; background: white }}
  .lecture-demo {{ --lecture-height: {height}px }}
</style>{demo}"""
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
SETTLED = "() => new Promise(go => requestAnimationFrame(() => requestAnimationFrame(go)))"
# A three as one draws it: its corners in the picture, (row, column) in pixels of 28.
STROKE = [
    (7, 8),
    (5, 11),
    (5, 15),
    (7, 18),
    (10, 18),
    (13, 15),
    (13.5, 13),
    (14, 16),
    (17, 19),
    (20, 18),
    (23, 14),
]
STROKE += [(23, 10), (21, 8)]
PAINTED = "The image: paint on it"


def digits():
    """Return drawn digits."""
    from datasets import MulticlassDataset

    dataset = MulticlassDataset.mnist(28)
    if not dataset.is_stand_in:
        raise ValueError(PUBLISHED)
    return dataset.to_torch()


def filters():
    """Return the filter bank on a photograph."""
    import demos

    return demos.filter_bank_explorer({"scikit-image: camera": demos.pictures.camera()})


def drawing():
    """Return PoolingCNN, trained on drawn digits, opened."""
    import cnn
    import demos

    net, dataset = cnn.PoolingCNN(), digits()
    cnn.trained(net, dataset, num_epochs=5)
    return demos.glass_box(net, dataset.val.values[:6], dataset.label_names, targets=dataset.val.labels[:6])


def glass_box():
    """Return CifarCNN, trained on drawn scenes, opened at a deeper layer."""
    import cnn
    import demos
    from datasets import MulticlassDataset

    net, dataset = cnn.CifarCNN(), MulticlassDataset.cifar().normalize().to_torch()
    if not dataset.is_stand_in:
        raise ValueError(PUBLISHED)
    cnn.trained(net, dataset, num_epochs=20)
    images, targets = dataset.val.values[:6], dataset.val.labels[:6]
    scale = {"mean": dataset.mean, "std": dataset.std}
    return demos.glass_box(net, images, dataset.label_names, targets=targets, opened="c3", **scale)


def imagenet():
    """Return what EfficientNet-Lite0 says to scikit-image's photographs."""
    import demos
    import imagenet
    import resnet
    from datasets import load_coco

    photographs = load_coco()
    if not photographs["is_stand_in"]:
        raise ValueError(PUBLISHED)
    prediction = resnet.classify(photographs["images"][: photographs["different"]], batch_size=8)
    evidence = imagenet.evidence(prediction, cover_up=[0])
    return demos.prediction_explorer(prediction, photographs["title"], evidence=evidence)


def show(browser, demo, folder, height=HEIGHT):
    """Show a demo in a page; return the page and the demo's element, awake."""
    path = folder / "demo.html"
    path.write_text(PAGE.format(margin=MARGIN, height=height, demo=demo._repr_html_()), encoding="utf-8")
    page = browser.new_page(
        viewport={"width": WIDTH + 2 * MARGIN, "height": height + 40}, device_scale_factor=SCALE
    )
    page.goto(path.as_uri())
    root = page.locator(".lecture-demo")
    page.wait_for_function("document.querySelector('.lecture-demo')?.demo")
    page.evaluate(SETTLED)
    return page, root


def photographed(page, root):
    """Return what a demo shows now, with a margin, as an image."""
    page.evaluate(SETTLED)
    box = root.bounding_box()
    clip = {"x": 0, "y": 0, "width": WIDTH + 2 * MARGIN, "height": box["height"] + 2 * MARGIN}
    return Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB")


def film(page, root):
    """Draw a three, stroke by stroke; return the frames and how long each stays, in milliseconds."""
    root.get_by_role("button", name="Blank").click()
    paper = root.get_by_label(PAINTED)
    box = paper.bounding_box()
    frames, times = [photographed(page, root)], [800]
    page.mouse.move(*on_paper(box, STROKE[0]))
    page.mouse.down()
    for start, end in pairwise(STROKE):
        for k in range(1, STEPS + 1):
            here = [a + (b - a) * k / STEPS for a, b in zip(start, end, strict=True)]
            page.mouse.move(*on_paper(box, here))
            frames.append(photographed(page, root))
            times.append(80)
    page.mouse.up()
    frames.append(photographed(page, root))
    return frames, [*times, 2500]


def on_paper(box, place):
    """Return where a place (row, column) of a picture of 28x28 pixels is in the page, (x, y)."""
    row, column = place
    return box["x"] + (column + 0.5) / 28 * box["width"], box["y"] + (row + 0.5) / 28 * box["height"]


def make(name, browser, folder, target=FOLDER):
    """Make one picture, with a page in ``folder``, and write it into ``target``; return its path."""
    target = target / f"{name.replace('_', '-')}.webp"
    page, root = show(browser, DEMOS[name](), folder)
    if name == "drawing":
        frames, times = film(page, root)
        frames[0].save(
            target, save_all=True, append_images=frames[1:], duration=times, loop=0, quality=QUALITY, method=4
        )
    else:
        if name in SETTINGS:
            root.evaluate("(root, values) => root.demo.set(values)", SETTINGS[name])
        photographed(page, root).save(target, quality=QUALITY, method=6)
    page.close()
    return target


DEMOS = {"drawing": drawing, "filters": filters, "glass_box": glass_box, "imagenet": imagenet}
SETTINGS = {"glass_box": {"open": True}, "imagenet": {"show": "evidence"}}


def main(arguments=None):
    """Make the pictures that are asked for, or all."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[[], *DEMOS], metavar="NAME", help=", ".join(DEMOS))
    names = parser.parse_args(arguments).names or list(DEMOS)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        os.environ.update(LECTURE_OFFLINE="1", LECTURE_DATA=folder, LECTURE_CACHE=folder)
        chromium = next(
            filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
        )
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for name in names:
            path = make(name, browser, Path(folder))
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1e3:,.0f} kB", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
