"""What there is of the lecture's data, as a table, and what is wrong with files that are there."""

from datafiles import sources
from datafiles.catalogue import CATALOGUE
from datafiles.files import intact, why
from datafiles.storage import folders


class Table:
    """What there is of the lecture's data: one row a data set, in a notebook and in a terminal."""

    HEAD = ("data", "what it is", "size", "where")

    def __init__(self, decisions):
        self.rows = [self._row(decision) for decision in decisions]

    @staticmethod
    def _row(decision):
        entry, found = decision.entry, decision.found
        if found is None:
            return entry.name, decision.state, "", ""
        if not found.arrays:
            path = found.paths[0]
            return entry.name, decision.state, f"{path.stat().st_size / 1e6:.0f} MB", str(path)
        images = found.arrays["images"]
        where = (
            found.paths[0].parent if decision.is_real else getattr(images, "filename", None) or "in memory"
        )
        return entry.name, decision.state, f"{len(images):,} images, {images.nbytes / 1e6:.0f} MB", str(where)

    def __repr__(self):
        widths = [max(len(row[i]) for row in [self.HEAD, *self.rows]) for i in range(len(self.HEAD))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in [self.HEAD, *self.rows]
        ]
        return "\n".join(lines)

    def _repr_html_(self):
        from figures import table_html  # here, since nothing else of this module needs matplotlib

        return table_html(self.HEAD, self.rows, side="left")


def damage(key):
    """Return what is wrong with the files of a data set that are there, a sentence each."""
    problems = []
    for folder in folders():
        try:
            problems += _damage_in(folder, key)
        except (ValueError, OSError) as error:
            problems.append(why(error))
    return problems


def _damage_in(folder, key):
    remotes = CATALOGUE[key].remotes
    there = [remote for remote in remotes if (folder / remote.path).exists()]
    problems = [
        f"{folder / remote.path} is damaged" for remote in there if not intact(folder / remote.path, remote)
    ]
    if 0 < len(there) < len(remotes):
        problems.append(f"{CATALOGUE[key].name} in {folder} is not complete")
    if key == "cifar10" and (folder / sources.CIFAR10_FOLDER).exists():
        sources.read_cifar10(sources.loose_batches(folder))  # raises, and says what is wrong
    return problems
