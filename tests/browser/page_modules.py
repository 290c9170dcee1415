"""The modules of ``demos/page/`` in a blank page: Python calls their functions with arrays, and gets arrays back."""

import base64
import json
from pathlib import Path

import numpy as np

PAGE = Path(__file__).resolve().parents[2] / "demos" / "page"
ADDRESS = "http://demo.test/"  # served from the folder by the browser itself: nothing is asked of a network

# Typed arrays as base64 within JSON: playwright takes seconds for a hundred thousand numbers one by one.
ENCODE = """(key, value) => {
  if (!ArrayBuffer.isView(value)) return value;
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength), parts = [];
  for (let at = 0; at < bytes.length; at += 8192) parts.push(String.fromCharCode(...bytes.subarray(at, at + 8192)));
  return btoa(parts.join(""));
}"""
CALL = """async ([file, name, text]) => {
  const [module, { unpack }] = await Promise.all([import(file), import("/demo.js")]);
  const { first, calls } = JSON.parse(text), shared = unpack(first);
  return JSON.stringify(calls.map(parts => module[name](...shared, ...unpack(parts))), ENCODE);
}""".replace("ENCODE", ENCODE)


class Modules:
    """A page that can import the modules.

    Parameters
    ----------
    chromium : playwright Browser
    before : str, optional
        What the page runs before everything else.
    """

    def __init__(self, chromium, before=""):
        self.page = chromium.new_page()
        self.page.add_init_script(before)
        self.page.route(f"{ADDRESS}**", self.serve)
        self.page.goto(ADDRESS)

    def serve(self, route):
        """Answer the browser with a module, or with a blank page."""
        name = route.request.url.removeprefix(ADDRESS)
        if name:
            route.fulfill(path=PAGE / name, content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html><title>Modules</title>", content_type="text/html")

    def call(self, file, name, calls, first=()):
        """Call an exported function once for each list of arguments; return the results, tensors as arrays.

        The arguments in ``first``, which may be large, are sent once, and come first in each call.
        """
        text = json.dumps({"first": sent(first), "calls": [sent(arguments) for arguments in calls]})
        return [received(result) for result in json.loads(self.page.evaluate(CALL, [f"/{file}", name, text]))]


def compare(modules, file, name, cases):
    """Call a function for each (arguments, what torch says) and compare.

    Raises
    ------
    AssertionError
        If a result has another shape, or other values.
    """
    results = modules.call(file, name, [arguments for arguments, _ in cases])
    for (arguments, wanted), result in zip(cases, results, strict=True):
        options = [part for part in arguments if not hasattr(part, "detach")]
        assert result.shape == tuple(wanted.shape), options
        wanted = wanted.numpy()
        atol = 1e-5 * max(1, np.abs(wanted).max(initial=0))  # torch adds up in float32
        np.testing.assert_allclose(result, wanted, atol=atol, rtol=1e-5, err_msg=str(options))


def sent(value):
    """Return arrays and tensors at any depth as `demos.page.packed` does, holes and all."""
    if isinstance(value, dict):
        return {key: sent(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [sent(part) for part in value]
    if hasattr(value, "detach"):
        value = value.detach().numpy()
    if isinstance(value, np.ndarray):
        data = np.ascontiguousarray(value, "<f4").tobytes()
        return {"$": "float32", "shape": list(value.shape), "base64": base64.b64encode(data).decode()}
    return value


def received(value):
    """Return tensors of the page as arrays, at any depth."""
    if isinstance(value, dict) and value.keys() == {"shape", "data"}:
        return np.frombuffer(base64.b64decode(value["data"]), "<f4").reshape(value["shape"])
    if isinstance(value, list):
        return [received(part) for part in value]
    return value
