"""Move every control of a demo, in JupyterLab or in a page from a file, and tell what is wrong with it."""

import re
import time

DEMOS = ".lecture-demo"
CONTROLS = ".controls :is(input, select, textarea):not(.buttons *)"
CHOICES = ".controls :is(select, input[type=checkbox]):not(.buttons *)"
NARROW, TOUCH = 390, 44  # pixels: a phone's width, and what a finger can hit

# What one sees of a demo: its pixels, its marks and its words, but not its controls.
SEEN = """root => [...root.querySelectorAll("canvas")].map(canvas => canvas.toDataURL()).join() +
  [...root.querySelectorAll(".stage")].map(stage => stage.innerHTML).join() + root.querySelector(".note").textContent"""

# Groups of controls, of which one is seen, have tabs.
UNCOVER = """control => {
  for (const tab of control.closest(".lecture-demo").querySelectorAll("[role=tab]"))
    if (!control.checkVisibility()) tab.click();
}"""

FRAME = "() => new Promise(go => requestAnimationFrame(() => requestAnimationFrame(go)))"

# What does not fit into the demo's own box, or is cut by a box that does not scroll.
CUT = """root => {
  const outer = root.getBoundingClientRect(), found = [];
  const scrolls = node => /auto|scroll/.test(getComputedStyle(node).overflow);
  for (const node of root.querySelectorAll("*")) {
    if (node.closest("svg") && node.tagName != "svg" || node.closest("[hidden]") || node.type == "file") continue;
    let holder = node.parentElement;
    while (holder != root && !scrolls(holder)) holder = holder.parentElement;
    if (holder != root) continue;
    const box = node.getBoundingClientRect();
    if (box.width && (box.right > outer.right + 1 || box.left < outer.left - 1 || box.bottom > outer.bottom + 1))
      found.push(`${node.tagName.toLowerCase()}.${node.className} "${node.textContent.slice(0, 30)}"`);
  }
  const panel = root.querySelector(".controls");
  if (panel.scrollHeight > panel.clientHeight + 1) found.push("the controls");
  return found;
}"""


def root_of(control):
    """Return the demo that a control is in."""
    return control.locator("xpath=ancestor::*[contains(@class, 'lecture-demo')][1]")


def first_control(root):
    """Return a slider, or where there is none what else moves a demo, as a locator that finds one or nothing."""
    sliders = root.locator("input[type=range]:enabled")
    return (sliders if sliders.count() else root.locator(".controls :is(input, button):enabled")).first


def name_of(root):
    """Return the name that the lecture gave to a demo."""
    return root.get_attribute("data-demo")


def changes(page, root, act):
    """Do ``act``; tell whether one then sees something else."""
    before = root.evaluate(SEEN)
    act()
    page.evaluate(FRAME)
    return root.evaluate(SEEN) != before


def ways(control):
    """Return the ways to move a control: pairs of what moves it and what moves it back."""
    kind = control.evaluate("control => control.type")

    def press(key):
        return lambda: control.press(key)

    def choose(index):
        return lambda: control.select_option(index=index)

    if kind == "range":
        keys = [("ArrowRight", "ArrowLeft"), ("End", "Home"), ("PageUp", "PageDown")]
        return [(press(there), press(back)) for pair in keys for there, back in (pair, pair[::-1])]
    if kind == "select-one":
        chosen, count = control.evaluate("select => [select.selectedIndex, select.options.length]")
        return [(choose(i), choose(chosen)) for i in range(count) if i != chosen]
    if kind == "checkbox":
        return [(control.click, control.click)]
    if kind == "button":
        return [(control.click, root_of(control).get_by_role("button", name="Start over").click)]
    if kind == "text":
        return [(lambda: control.fill("7"), lambda: control.fill(""))]
    if kind == "textarea":
        text = control.input_value()
        more = re.sub(r"\d+", lambda number: str(int(number[0]) + 1), text, count=1)
        return [(lambda: control.fill(more), lambda: control.fill(text))]
    raise ValueError(f"No way is known to move a control of the kind {kind}: add one here.")


def works(page, root, control):
    """Tell whether some move of a control changes the picture."""
    if not control.is_visible() or control.is_disabled():
        return False
    for there, back in ways(control):
        changed = changes(page, root, there)
        back()
        if changed:
            return True
    return False


def check_controls(page, root):
    """Move every control; return a sentence for each that changes nothing.

    A control may have no say at first, such as the angle of a kernel that is round: it is tried again beside every
    option of the others.
    """
    complaints = []
    for control in root.locator(CONTROLS).all():
        uncover(control)
        if works(page, root, control) or works_beside_others(page, root, control):
            continue
        label = control.evaluate("control => (control.labels[0] ?? control).textContent || control.ariaLabel")
        complaints.append(f"{name_of(root)}: the control {label!r} changes nothing")
    return complaints


def works_beside_others(page, root, control):
    """Tell whether some move of a control changes the picture beside some option of another one."""
    for other in root.locator(CHOICES).all():
        uncover(other)
        if other.is_disabled():
            continue
        for there, back in ways(other):
            there()
            uncover(control)
            useful = works(page, root, control)
            uncover(other)
            back()
            if useful:
                return True
    return False


def uncover(control):
    """Choose the group of controls that a control is in."""
    control.evaluate(UNCOVER)


def check_player(page, root):
    """Play a demo that has frames; return what is wrong with that, a sentence each."""
    if not root.locator(".player").count():
        return []
    complaints = []
    root.get_by_role("button", name="One step back").click()
    for name, seconds in (("One step on", 0), ("Play", 3)):
        before = root.evaluate(SEEN)
        root.get_by_role("button", name=name).click()
        end = time.monotonic() + seconds
        page.evaluate(FRAME)
        while (same := root.evaluate(SEEN) == before) and time.monotonic() < end:
            page.wait_for_timeout(100)
        if same:
            complaints.append(f"{name_of(root)}: the button {name!r} changes nothing")
    if root.get_by_role("button", name="Pause").count():
        root.get_by_role("button", name="Pause").click()
    return complaints


def check(page, root):
    """Try all of a demo at the width that it has; return what is wrong with it, a sentence each."""
    name = name_of(root)
    root.scroll_into_view_if_needed()
    errors = len(page.page_errors)
    height = root.bounding_box()["height"]
    complaints = [f"{name}: cut: {what}" for what in root.evaluate(CUT)]
    wanted = root.evaluate(
        "root => parseFloat(getComputedStyle(root).getPropertyValue('--lecture-height')) || 520"
    )
    if root.bounding_box()["width"] >= 700 and height > wanted + 1:
        complaints.append(f"{name}: {height:.0f} pixels high, where {wanted:.0f} are allowed")
    complaints += check_controls(page, root)
    complaints += check_player(page, root)
    complaints += [f"{name}: cut, once it was moved: {what}" for what in root.evaluate(CUT)]
    root.get_by_role("button", name="Start over").click()
    page.evaluate(FRAME)
    if root.bounding_box()["height"] != height:
        complaints.append(
            f"{name}: its height jumps from {height:.0f} to {root.bounding_box()['height']:.0f} pixels"
        )
    return complaints + [f"{name}: {error}" for error in page.page_errors[errors:]]


def check_narrow(page, root):
    """Return what is wrong with a demo on a phone's screen, a sentence each."""
    name, small = name_of(root), []
    for node in root.locator(":is(button, select, textarea, input):visible").all():
        box = node.bounding_box()
        if node.get_attribute("type") == "checkbox":
            box = node.locator("xpath=..").bounding_box()
        if box["height"] < TOUCH - 0.5 or box["width"] < TOUCH - 0.5:
            small.append(
                node.evaluate("node => node.ariaLabel || node.labels?.[0]?.textContent || node.textContent")
            )
    complaints = [f"{name}: too small for a finger: {what}" for what in small]
    if root.evaluate("root => root.scrollWidth > root.clientWidth + 1"):
        complaints.append(f"{name}: wider than the screen")
    return complaints + [f"{name}: cut on a phone: {what}" for what in root.evaluate(CUT)]


def images_without_text(page):
    """Return the addresses, cut short, of the pictures without alternative text (JupyterLab then writes "Image")."""
    return page.evaluate(
        """() => [...document.querySelectorAll(".jp-OutputArea-output img, .jp-MarkdownOutput img")]
             .filter(image => ["", "Image"].includes(image.alt.trim())).map(image => image.src.slice(0, 60))"""
    )
