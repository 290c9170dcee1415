"""The clinic's cases: look at one, name what is wrong, repair the line."""

from IPython.display import HTML, display

import figures
from datasets import MulticlassDataset
from exercises.clinic import pictures, runs, symptoms
from exercises.clinic.scripts import FAULTS, OTHERS, script_with
from exercises.showing import Result
from training.recipes import finite_number

# In an order that gives nothing away.
CASES = {
    f"case {number}": fault
    for number, fault in enumerate(
        (
            "learning rate 100 times too low",
            "no eval()",
            "softmax twice",
            "dead ReLU",
            "labels shuffled",
            "learning rate 100 times too high",
            "normalisation forgotten in validation",
            "data sorted by class",
            "no zero_grad",
            "test images in training",
            "all weights zero",
        ),
        start=1,
    )
}
CLOSE = 0.05  # by which a repaired run may be less accurate than the healthy one: two trainings differ by 0.01 or 0.02
MOST = 3  # things that are said at once about a run that is not healthy
_misses = {}  # case -> names that were tried in vain


def unknown_case(case):
    """Return what to say where there is no such case, else None."""
    if isinstance(case, str) and case in CASES:
        return None
    what = f"“{case:.30}”" if isinstance(case, str) else f"a {type(case).__name__}"
    return Result("clinic", "wrong", f"There is no case {what}: there are {', '.join(CASES)}.")


def blank(value):
    """Tell whether nothing has been put in yet."""
    return value is None or value is ... or (isinstance(value, str) and not value.strip())


def cases():
    """Return the names of the cases."""
    return list(CASES)


def faults():
    """Return what may be wrong, in alphabetical order: more than there are cases."""
    return sorted([*FAULTS, *OTHERS], key=str.lower)


def show(case):
    """Display a case: its curves, its signs and its script, beside the healthy run in grey.

    Parameters
    ----------
    case : str
        One of `cases`.
    """
    if (problem := unknown_case(case)) is not None:
        display(problem)
        return
    dataset = MulticlassDataset.mnist()
    kept = runs.kept_runs(dataset.title)
    run, healthy = kept[CASES[case]], kept["healthy"]
    title = f"{case.capitalize()}, trained on {runs.IMAGES:,} images of {dataset.title}"
    figures.show(
        pictures.draw_run(run, healthy, f"{title} (grey: healthy)"),
        f"{title}: loss, accuracy, gradients, dead units and activations beside a healthy run",
    )
    display(
        HTML(
            '<div style="display:flex;flex-wrap:wrap;gap:0.5em;align-items:flex-start">'
            f"<div>{pictures.script_html(script_with(CASES[case]))}</div>"
            f"<div>{pictures.signs_table(run, healthy, case)}</div></div>"
        )
    )


def name(case, fault):
    """Say whether a case's fault has the right name.

    Parameters
    ----------
    case : str
        One of `cases`.
    fault : str
        One of `faults`.

    Returns
    -------
    Result
        True only if it is; else it says what that fault would show.
    """
    if (problem := unknown_case(case)) is not None:
        return problem
    if blank(fault):
        return Result(
            case, "unanswered", 'Name what is wrong: `clinic.name("case 1", "no zero_grad")`, for example.'
        )
    known = {each.lower(): each for each in faults()}
    chosen = known.get(fault.strip().lower()) if isinstance(fault, str) else None
    if chosen is None:
        what = f"“{fault:.60}”" if isinstance(fault, str) else f"A {type(fault).__name__}"
        return Result(case, "wrong", f"{what} is not on the list: {'; '.join(faults())}.")
    if chosen == CASES[case]:
        _misses.pop(case, None)
        return Result(case, "right", f"It is “{chosen}”. {FAULTS[chosen].why} Now repair the line.")
    symptom = FAULTS[chosen].symptom if chosen in FAULTS else OTHERS[chosen]
    missed = _misses.setdefault(case, set())
    missed.add(chosen)
    hints = [f"Look at {FAULTS[CASES[case]].look}."] if len(missed) > 1 else []
    says = f"It is not “{chosen}”. Of that the symptom is: {symptom}. Here it is not so."
    return Result(case, "wrong", says, hints=hints)


def repair(case, line=None, text=None, *, after=None, script=None, seconds=runs.SECONDS):
    """Run a case's script with a changed line, and say whether it is healthy.

    Parameters
    ----------
    case : str
        One of `cases`.
    line : int, optional
        The number of the line that ``text`` takes the place of.
    text : str, optional
        One line or several; one that does not begin with a space gets the indentation of the line it stands for.
    after : int, optional
        Instead of ``line``: ``text`` is put in behind this one.
    script : str, optional
        Instead of all that: the whole script.
    seconds : float
        When the run is stopped.

    Returns
    -------
    Result
        True only if the run is healthy. Its curves are displayed.
    """
    if (problem := unknown_case(case)) is not None:
        return problem
    try:
        seconds = finite_number("seconds", seconds)
        edited = changed_script(case, line, text, after, script)
    except ValueError as error:
        return Result(case, "wrong", str(error))
    if edited is None:
        return Result(
            case,
            "unanswered",
            'Put in the number of the line and what should stand there, `line=12, text="..."`, or `after=12` to put a '
            "line in behind it.",
        )
    dataset = MulticlassDataset.mnist()
    healthy = runs.kept_runs(dataset.title)["healthy"]
    try:
        run = runs.measured(edited, runs.arrays_of(dataset), seconds)
    except (runs.Failed, OSError) as failure:  # the latter where the disk is full
        return Result(case, "stopped", str(failure))
    title = f"{case.capitalize()}, your script, on {runs.IMAGES:,} images of {dataset.title}"
    figures.show(
        pictures.draw_run(run, healthy, f"{title} (grey: healthy)"), f"{title}, beside a healthy run"
    )
    problems = ailments(run, healthy)
    if problems:
        return Result(case, "wrong", f"It is not healthy yet: {'; '.join(problems[:MOST])}.")
    accuracy = symptoms.signs(run).val_accuracy
    return Result(
        case,
        "right",
        f"It is healthy: {accuracy:.0%} of the validation images right (healthy: "
        f"{symptoms.signs(healthy).val_accuracy:.0%}), {run['honest']['fresh']:.0%} of {runs.IMAGES:,} images that the "
        "script has never had.",
    )


def changed_script(case, line, text, after, whole):
    """Return a case's script with a change, or None if none is given; raise ValueError if it cannot be made."""
    if whole is not None:
        if not isinstance(whole, str):
            raise ValueError(f"script must be the script's text, but it is a {type(whole).__name__}.")
        return None if blank(whole) else whole
    place = line if after is None else after
    if blank(place) or blank(text):
        return None
    lines = script_with(CASES[case]).splitlines()
    if not isinstance(text, str):
        raise ValueError(
            f"text must be a line of Python in quotation marks, but it is a {type(text).__name__}."
        )
    if type(place) is not int or not 1 <= place <= len(lines):
        what = place if type(place) is int else f"with a {type(place).__name__} for a number"
        raise ValueError(f"The script has lines 1 to {len(lines)}, but no line {what}.")
    old = lines[place - 1]
    indentation = old[: len(old) - len(old.lstrip())]
    new = [part if part[:1].isspace() else indentation + part for part in text.splitlines()]
    lines[place - 1 : place] = new if after is None else [old, *new]
    return "\n".join(lines) + "\n"


def ailments(run, healthy):
    """Return what is not healthy about a run, in words; what only hides a symptom is found out here.

    Symptoms are looked for in what the script reports. What it cannot report falsely is measured beside it: which
    images it learned from, what a batch held, whether gradients of earlier batches were there at `backward`, in which
    mode the network was judged, and how it does in evaluation mode on images normalised as in training, among them some
    that the script never had.
    """
    here, there, honest = symptoms.signs(run), symptoms.signs(healthy), run["honest"]
    found = [FAULTS[fault].symptom for fault in symptoms.shown(run, healthy)]
    if run["epochs"][-1]["training_mode"]:
        found.append("in validation the network is in training mode")
    if not symptoms.mixed(here):
        found.append(f"a batch holds {here.classes:.1f} different digits, on average")
    if run["leftovers"]:
        found.append(
            f"at {run['leftovers']:,} of {len(run['losses']):,} steps gradients of an earlier one were there"
        )
    for part in ("validation", "test"):
        if count := run["learned_from"][part]:
            found.append(f"{count:,} of the {part} images are learned from")
    if run["learned_from"]["train"] < 0.9 * healthy["learned_from"]["train"]:
        found.append(
            f"it learns from {run['learned_from']['train']:,} of the {runs.IMAGES:,} training images"
        )
    for part, reported in (("validation", here.val_accuracy), ("test", here.test_accuracy)):
        if honest[part] is not None and abs(honest[part] - reported) > 0.02:
            found.append(
                f"it reports {reported:.0%} in {part}, but in evaluation mode, with the images normalised as in "
                f"training, {honest[part]:.0%} are right"
            )
    in_time = run["epochs"][: len(healthy["epochs"])][-1]["val_accuracy"]  # not by training ten times as long
    if (worst := min(in_time, honest["fresh"] or 0)) < there.val_accuracy - CLOSE:
        found.append(
            f"{worst:.0%} of new images are right, and {there.val_accuracy:.0%} of the healthy run's"
        )
    return found
