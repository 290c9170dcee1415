"""Move every control of a demo, in JupyterLab or in a page from a file, and tell what is wrong with it.

Demos and controls are playwright's ElementHandles: a Locator looks for its element anew at each use, in the whole page,
which takes longer than the rest of these checks where the page is the lecture.
"""

import re
import time

DEMOS = ".lecture-demo"
CONTROLS = ".controls :is(input, select, textarea):not(.buttons *)"
CHOICES = ".controls :is(select, input[type=checkbox]):not(.buttons *)"
NARROW, TOUCH = 390, 44  # pixels: a phone's width, and what a finger can hit

# What one sees of a demo: its pixels, its marks and its words, but not its controls.
SEEN = """root => [...root.querySelectorAll("canvas")].map(canvas => canvas.toDataURL()).join() +
  [...root.querySelectorAll(".stage")].map(stage => stage.innerHTML).join() + root.querySelector(".note").textContent"""
# Look, and compare with that after two frames: what was done meanwhile is then drawn. The pictures stay in the page.
LOOK = f"root => {{ root.seenBefore = ({SEEN})(root); }}"
LOOKS_OTHERWISE = f"""async root => {{
  await new Promise(go => requestAnimationFrame(() => requestAnimationFrame(go)));
  return ({SEEN})(root) != root.seenBefore;
}}"""

# Groups of controls, of which one is seen, have tabs.
UNCOVER = """control => {
  for (const tab of control.closest(".lecture-demo").querySelectorAll("[role=tab]"))
    if (!control.checkVisibility()) tab.click();
}"""

FRAME = "() => new Promise(go => requestAnimationFrame(() => requestAnimationFrame(go)))"

# The names of controls that are too small for a finger; a checkbox is as large as its label.
SMALL = """(root, least) => [...root.querySelectorAll("button, select, textarea, input")].filter(node => {
  const seen = node.getBoundingClientRect();
  const touched = node.type == "checkbox" ? node.parentElement.getBoundingClientRect() : seen;
  return node.checkVisibility({ visibilityProperty: true }) && seen.width * seen.height > 0
    && Math.min(touched.width, touched.height) < least - 0.5;
}).map(node => node.ariaLabel || node.labels?.[0]?.textContent || node.textContent)"""

# What does not fit into the demo's own box, or is cut by a box that does not scroll.
CUT = """root => {
  const outer = root.getBoundingClientRect(), found = [];
  const scrolls = node => /auto|scroll/.test(getComputedStyle(node).overflow);
  for (const node of root.querySelectorAll("*")) {
    if (node.ownerSVGElement || node.closest("[hidden]") || node.type == "file") continue;
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


def all_of(page):
    """Return the demos of a page."""
    return page.query_selector_all(DEMOS)


def button(within, name):
    """Return the button of a name within a demo, or None."""
    return within.query_selector(f'role=button[name="{name}"]')


def start_over(root):
    """Press the demo's button that leads back to its opening state."""
    button(root, "Start over").click()


def first_control(root):
    """Return a slider, or where there is none what else moves a demo."""
    slider = root.query_selector("input[type=range]:enabled")
    return slider or root.query_selector(".controls :is(input, button):enabled")


def name_of(root):
    """Return the name that the lecture gave to a demo."""
    return root.get_attribute("data-demo")


def changes(root, act):
    """Do ``act``; tell whether one then sees something else."""
    root.evaluate(LOOK)
    act()
    return root.evaluate(LOOKS_OTHERWISE)


def ways(root, control):
    """Return the ways to move a control of a demo: pairs of what moves it and what moves it back."""
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
        return [(control.click, lambda: start_over(root))]
    if kind == "text":
        return [(lambda: control.fill("7"), lambda: control.fill(""))]
    if kind == "textarea":
        text = control.input_value()
        more = re.sub(r"\d+", lambda number: str(int(number[0]) + 1), text, count=1)
        return [(lambda: control.fill(more), lambda: control.fill(text))]
    raise ValueError(f"No way is known to move a control of the kind {kind}: add one here.")


def works(root, control):
    """Tell whether some move of a control changes the picture."""
    if not control.is_visible() or control.is_disabled():
        return False
    for there, back in ways(root, control):
        changed = changes(root, there)
        back()
        if changed:
            return True
    return False


def check_controls(root):
    """Move every control; return a sentence for each that changes nothing.

    A control may have no say at first, such as the angle of a kernel that is round: it is tried again beside every
    option of the others.
    """
    complaints = []
    for control in root.query_selector_all(CONTROLS):
        uncover(control)
        if works(root, control) or works_beside_others(root, control):
            continue
        label = control.evaluate("control => (control.labels[0] ?? control).textContent || control.ariaLabel")
        complaints.append(f"{name_of(root)}: the control {label!r} changes nothing")
    return complaints


def works_beside_others(root, control):
    """Tell whether some move of a control changes the picture beside some option of another one."""
    for other in root.query_selector_all(CHOICES):
        uncover(other)
        if other.is_disabled():
            continue
        for there, back in ways(root, other):
            there()
            root.evaluate(FRAME)  # a second move in a frame is drawn, and its controls follow, in the next
            uncover(control)
            useful = works(root, control)
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
    if not root.query_selector(".player"):
        return []
    complaints = []
    button(root, "One step back").click()
    for name, seconds in (("One step on", 0), ("Play", 3)):
        root.evaluate(LOOK)
        button(root, name).click()
        end = time.monotonic() + seconds
        while not (moved := root.evaluate(LOOKS_OTHERWISE)) and time.monotonic() < end:
            page.wait_for_timeout(50)
        if not moved:
            complaints.append(f"{name_of(root)}: the button {name!r} changes nothing")
    if pause := button(root, "Pause"):
        pause.click()
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
    complaints += check_controls(root)
    complaints += check_player(page, root)
    complaints += [f"{name}: cut, once it was moved: {what}" for what in root.evaluate(CUT)]
    start_over(root)
    page.evaluate(FRAME)
    if root.bounding_box()["height"] != height:
        complaints.append(
            f"{name}: its height jumps from {height:.0f} to {root.bounding_box()['height']:.0f} pixels"
        )
    return complaints + [f"{name}: {error}" for error in page.page_errors[errors:]]


def check_narrow(root):
    """Return what is wrong with a demo on a phone's screen, a sentence each."""
    name, small = name_of(root), root.evaluate(SMALL, TOUCH)
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
