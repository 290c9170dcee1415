"""What a notebook says when its cells are run out of order, and what it asks of the program that shows it."""

import sys

from IPython import get_ipython

ABOVE = "If a cell above defines it, run the cells above first: Run > Run All Above Selected Cell."


def explain_missing_names():
    """Say, whenever a cell of this notebook fails for want of a name, that cells above may define it."""
    shell = get_ipython()
    if shell is not None and advise not in shell.events.callbacks["post_run_cell"]:
        shell.events.register("post_run_cell", advise)


def advise(result):
    """Print the advice if a cell has failed for want of a name; ``result`` is IPython's."""
    if isinstance(result.error_in_exec, NameError):
        print(ABOVE)


def switch_widgets_on():
    """In Google Colab, allow widgets that are no part of it, which are off unless a notebook asks for them."""
    if "google.colab" in sys.modules:
        from google.colab import output

        output.enable_custom_widget_manager()


def read_again_once_edited(*modules):
    """Have these modules read again before the next cell whenever their files have changed, by IPython's autoreload."""
    shell = get_ipython()
    if shell is not None:
        if "autoreload" not in shell.extension_manager.loaded:
            shell.run_line_magic("load_ext", "autoreload")
        shell.run_line_magic(
            "autoreload", "1"
        )  # these alone: looking at all 2,600 takes two seconds of a run
        shell.run_line_magic("aimport", ", ".join(modules))
