"""The clinic: trainings with one wrong line each, to be recognised by their symptoms and repaired.

    clinic.show("case 1")                                 its curves, its signs, its script
    clinic.faults()                                       what may be wrong
    clinic.name("case 1", "no zero_grad")                 is it that?
    clinic.repair("case 1", line=27, text="...")          runs the script with another line 27
    clinic.repair("case 1", after=27, text="...")         or with one more line behind it

What `show` displays is kept in ``results/`` (``python tools/make_results.py --only clinic-real clinic-stand-in``);
`repair` trains, for a few seconds.
"""

from exercises.clinic.cells import notebook_cells
from exercises.clinic.treating import cases, faults, name, repair, show

__all__ = ["cases", "faults", "name", "notebook_cells", "repair", "show"]
