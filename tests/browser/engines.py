"""lecture.html in Firefox and in WebKit, the engine of Safari, beside Chromium: what moves, what is cut, what is drawn.

    apt-get install firefox-esr webkit2gtk-driver xvfb
    python tests/browser/engines.py [lecture.html]

Not part of the tests, which need one browser alone. Firefox is driven by WebDriver BiDi, WebKit's own small browser by
WebDriver; both come with the browsers.
"""

import argparse
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).resolve().parent)]

import demo  # noqa: E402
import lab  # noqa: E402
import requests  # noqa: E402
import slides  # noqa: E402
import websocket  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

MINI_BROWSER = "/usr/lib/*/webkit2gtk-*/MiniBrowser"
SECONDS = 60  # for a browser to start, and for a page
# Of each output its shape, and numbers that change with any of its entries.
OUTPUTS = """Object.fromEntries([...document.querySelectorAll(".lecture-demo")].flatMap(root =>
  Object.entries(root.demo?.outputs() ?? {}).map(([name, { shape, data }]) => {
    const numbers = Array.from(data, Number).filter(number => number == number);
    return [`${root.dataset.demo} ${name}`, { shape, size: numbers.reduce((sum, x) => sum + Math.abs(x), 0),
      sum: numbers.reduce((sum, x, i) => sum + x * Math.sin(i + 1), 0) }];
  })))"""
# Every slider to its ends, every choice and every checkbox: the names of those after which all looks as before. The
# speed of a player is seen only while it plays.
CONTROLS = f"""(async () => {{
  const seen = {demo.SEEN}, uncover = {demo.UNCOVER}, still = [];
  const frame = () => new Promise(go => requestAnimationFrame(() => requestAnimationFrame(go)));
  let moved = 0;
  for (const root of document.querySelectorAll(".lecture-demo")) {{
    root.scrollIntoView({{ behavior: "instant", block: "center" }});
    await frame();
    for (const control of root.querySelectorAll("{demo.CONTROLS}")) {{
      uncover(control);
      if (!control.checkVisibility() || control.disabled || !/range|checkbox|select/.test(control.type)) continue;
      const before = seen(root);
      const values = {{ range: [control.max, control.min], checkbox: [true] }}[control.type]
        ?? [...control.options].map(option => option.value).reverse();
      for (const value of values) {{
        if (control.type == "checkbox") control.click();
        else {{
          control.value = value;
          for (const type of ["input", "change"]) control.dispatchEvent(new Event(type, {{ bubbles: true }}));
        }}
        await frame();
        if (seen(root) != before) break;
      }}
      if (seen(root) != before) moved++;
      else still.push(`${{root.dataset.demo}}: ${{control.labels[0]?.textContent ?? control.ariaLabel}}`);
      root.demo.set({{}});
      [...root.querySelectorAll("button")].find(button => button.textContent == "Start over")?.click();
      await frame();
    }}
  }}
  return [moved, still];
}})()"""


# Where an entry of a picture is the unit, letters are smaller than 1: Firefox says of their boxes that they are larger.
SMALL_LETTERS = re.compile(
    r"(tspan|text\.(dark|light|hole)) .* lies upon|lies upon (tspan|text\.(dark|light|hole)) "
)


class Chromium:
    """Chromium, driven as in all tests."""

    @contextmanager
    def started(self):
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=lab.CHROMIUM, args=lab.BROWSER_ARGUMENTS)
            self.page = browser.new_page()
            yield f"Chromium {browser.version}"
            browser.close()

    def open(self, address, width, height):
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.goto("about:blank")
        self.page.goto(address)

    def evaluate(self, expression):
        return self.page.evaluate(expression)


class Firefox:
    """Firefox without a window, by WebDriver BiDi."""

    @contextmanager
    def started(self):
        port, program = lab.free_port(), shutil.which("firefox-esr") or shutil.which("firefox")
        with tempfile.TemporaryDirectory() as profile:
            command = [program, "--headless", "--profile", profile, f"--remote-debugging-port={port}"]
            with running(command):
                address = f"ws://127.0.0.1:{port}/session"
                self.socket = patiently(lambda: websocket.create_connection(address, suppress_origin=True))
                self.socket.settimeout(10 * SECONDS)
                self.numbers = itertools.count(1)
                found = self.command("session.new", capabilities={})["capabilities"]
                self.context = self.command("browsingContext.getTree")["contexts"][0]["context"]
                yield f"Firefox {found['browserVersion']}"
                self.command("browser.close")

    def command(self, method, **parameters):
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (answer := json.loads(self.socket.recv())).get("id") != number:
            pass
        if answer["type"] == "error":
            raise RuntimeError(f"{method}: {answer['message']}")
        return answer["result"]

    def open(self, address, width, height):
        size = {"width": width, "height": height}
        self.command("browsingContext.setViewport", context=self.context, viewport=size)
        for target in ("about:blank", address):
            self.command("browsingContext.navigate", context=self.context, url=target, wait="complete")

    def evaluate(self, expression):
        found = self.command(
            "script.evaluate",
            expression=f"Promise.resolve({expression}).then(value => JSON.stringify(value ?? null))",
            target={"context": self.context},
            awaitPromise=True,
        )
        if found["type"] == "exception":
            raise RuntimeError(found["exceptionDetails"]["text"])
        return json.loads(found["result"]["value"])


class WebKit:
    """WebKitGTK's small browser, on a screen that nobody sees, by WebDriver."""

    @contextmanager
    def started(self):
        port, binary = lab.free_port(), str(next(Path("/").glob(MINI_BROWSER[1:])))
        with running(["Xvfb", ":98", "-screen", "0", "2000x1400x24"]):
            environment = {"DISPLAY": ":98", "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1"}
            with running([shutil.which("WebKitWebDriver"), f"--port={port}"], environment):
                self.address = f"http://127.0.0.1:{port}/session"
                options = {"webkitgtk:browserOptions": {"binary": binary, "args": ["--automation"]}}
                asked = {"capabilities": {"alwaysMatch": options}}
                found = patiently(
                    lambda: requests.post(self.address, json=asked, timeout=SECONDS).json()["value"]
                )
                self.address += f"/{found['sessionId']}"
                self.post("timeouts", script=10_000 * SECONDS)
                yield f"WebKitGTK {found['capabilities']['browserVersion']}"
                requests.delete(self.address, timeout=SECONDS)

    def post(self, what, **parameters):
        answer = requests.post(f"{self.address}/{what}", json=parameters, timeout=10 * SECONDS).json()[
            "value"
        ]
        if isinstance(answer, dict) and "error" in answer:
            raise RuntimeError(f"{what}: {answer['message']}")
        return answer

    def open(self, address, width, height):
        self.post("url", url="about:blank")
        self.post("window/rect", width=width, height=height)
        self.post("url", url=address)
        bar = height - self.evaluate("innerHeight")  # of the window
        self.post("window/rect", width=width, height=height + bar)

    def evaluate(self, expression):
        script = f"Promise.resolve({expression}).then(value => arguments[arguments.length - 1]([value]))"
        return self.post("execute/async", script=script, args=[])[0]


@contextmanager
def running(command, environment=None):
    """Run a program as long as the block lasts."""
    process = subprocess.Popen(
        command,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def patiently(act):
    """Return what ``act`` returns, once it raises no error any more."""
    end = time.monotonic() + SECONDS
    while True:
        try:
            return act()
        except (OSError, KeyError, requests.RequestException):
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def difference(outputs, others):
    """Return by how much two browsers' outputs differ at most, as a share of their size."""
    if {name: value["shape"] for name, value in outputs.items()} != {
        name: value["shape"] for name, value in others.items()
    }:
        return float("inf")
    return max(
        abs(value[key] - others[name][key]) / max(value["size"], 1e-9)
        for name, value in outputs.items()
        for key in ("size", "sum")
    )


def looked_at(browser, address):
    """Return what a browser makes of the page: its outputs, its controls, and what is wrong with the slides."""
    browser.open(address, 1440, 900)
    browser.evaluate("lecture.ready")
    outputs, controls = browser.evaluate(OUTPUTS), browser.evaluate(CONTROLS)
    browser.open(f"{address}#present", 1280, 720)
    browser.evaluate("lecture.ready")
    found = [
        f"slide {number + 1}: {sentence}"
        for number in range(browser.evaluate("lecture.count"))
        for sentence in browser.evaluate(f"({slides.CHECK.strip()})({number})")
        if not (isinstance(browser, Firefox) and SMALL_LETTERS.search(sentence))
    ]
    return outputs, controls, found


def main():
    """Look at the page in all three browsers, and print a table and what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", nargs="?", type=Path, default=ROOT / "lecture.html")
    address = parser.parse_args().page.resolve().as_uri()
    print(
        "| browser | controls that move a picture | outputs, and by how much they differ | wrong on slides |"
    )
    print("| --- | --- | --- | --- |")
    complaints, reference = [], None
    for browser in (Chromium(), Firefox(), WebKit()):
        with ExitStack() as stack:
            name = stack.enter_context(browser.started())
            outputs, (moved, still), found = looked_at(browser, address)
        reference = reference or outputs
        complaints += [
            f"{name}: {text}" for text in (*(f"nothing moves by {label}" for label in still), *found)
        ]
        differs = f"{difference(reference, outputs):.0e}"
        print(
            f"| {name} | {moved} of {moved + len(still)} | {len(outputs)}, {differs} | {len(found)} |",
            flush=True,
        )
    print("", *complaints, sep="\n")
    return len(complaints)


if __name__ == "__main__":
    sys.exit(min(main(), 1))
