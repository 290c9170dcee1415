"""Drawing a figure again when part of it has changed, in a third to nine tenths of the time of drawing it all."""

import numpy as np
from matplotlib.axis import Axis
from matplotlib.image import AxesImage
from matplotlib.spines import Spine
from matplotlib.transforms import Bbox

NOWHERE = Bbox.from_bounds(-1e6, -1e6, 0, 0)  # not Bbox.null(), which overlaps everything


class Redraw:
    """Keeps a picture of what stands still in a figure, and draws only what moves.

    Matplotlib notes on every artist, as ``stale``, whether it has been changed since it was last drawn. What
    ever was, and whatever lies above it, is drawn anew each time; the rest is drawn once and copied. So are
    axes whose limits or place have changed.

    Parameters
    ----------
    figure : Figure
        With an Agg canvas. Its layout must stand still.
    """

    def __init__(self, figure):
        self.figure = figure
        self._frames, self._restless = {}, set()  # where the axes were; those that have changed as a whole
        self._kept, self._moving = [], []  # parts in the kept picture, and parts that are drawn each time
        self._still, self._renderer = None, None

    def pixels(self):
        """Return the figure as it is now: (rows, columns, 4) uint8, overwritten by the next drawing."""
        canvas = self.figure.canvas
        renderer = canvas.get_renderer()
        self._place_axes(renderer)
        parts = self._parts()
        kept, here = {id(part) for part in self._kept}, {id(part) for part in parts}
        known = kept | {id(part) for part in self._moving}
        if known:  # a part that is new, as in a colour bar that was redone, makes its axes restless
            self._restless.update(part.axes for part in parts if id(part) not in known)
        moved = {id(part) for part in parts if part.stale or part.axes in self._restless}
        if renderer is not self._renderer or moved & kept or kept - here:
            self._keep(parts, moved | (known - kept), renderer)
            self._renderer = renderer
        else:
            self._moving = [part for part in parts if id(part) not in kept]
        canvas.restore_region(self._still)
        for part in self._moving:
            part.draw(renderer)
        return np.asarray(canvas.buffer_rgba())

    def _place_axes(self, renderer):
        """Let the axes take their places, as drawing them would, and note which have moved."""
        for axes in self.figure.axes:
            locator = axes.get_axes_locator()
            axes.apply_aspect(locator(axes, renderer) if locator else None)
            frame = (axes.bbox.bounds, axes.transData.transform([(0, 0), (1, 1)]).tolist())
            if self._frames.setdefault(axes, frame) != frame:
                self._frames[axes] = frame
                self._restless.add(axes)
                axes.patch.stale = True  # matplotlib does not note that this one belongs to the axes

    def _parts(self):
        """Return everything that is drawn, from the bottom to the top."""
        figure, parts = self.figure, []
        for axes in sorted(figure.axes, key=lambda axes: axes.zorder):
            own = [part for part in axes.get_children() if axes.axison or not isinstance(part, (Axis, Spine))]
            own.remove(axes.patch)
            parts += [axes.patch, *sorted(own, key=lambda part: part.zorder)]
        own = [part for part in figure.get_children() if part is not figure.patch and part not in figure.axes]
        return parts + sorted(own, key=lambda part: part.zorder)

    def _keep(self, parts, moved, renderer):
        """Draw all but the parts that have ``moved`` and what lies above them, and keep that."""
        areas, self._kept, self._moving = [], [], []
        for part in parts:
            area = _area(part, renderer)
            if id(part) in moved or any(area.overlaps(other) for other in areas):
                areas.append(area)
                self._moving.append(part)
            else:
                self._kept.append(part)
        # Animated parts are left out when their figure is drawn, but for the backgrounds of axes and, before
        # matplotlib 3.11, images: hide those. (Hiding all would move titles, which keep clear of what is seen.)
        patches = {axes.patch for axes in self.figure.axes}
        states = [(part, part.get_animated(), part.get_visible()) for part in self._moving]
        for part, _, visible in states:
            part.set_animated(True)
            part.set_visible(visible and part not in patches and not isinstance(part, AxesImage))
        self.figure.canvas.draw()
        for part, animated, visible in states:
            part.set_animated(animated)
            part.set_visible(visible)
        self._still = self.figure.canvas.copy_from_bbox(self.figure.bbox)


def _area(part, renderer):
    """Return where a part can be seen, now and when it moves."""
    if not part.get_visible():
        return NOWHERE
    if part.get_clip_on() and part.get_clip_box() is not None:
        return part.get_clip_box()  # it may go anywhere in its axes
    box = part.get_tightbbox(renderer) if isinstance(part, Axis) else part.get_window_extent(renderer)
    return NOWHERE if box is None else box.padded(2)
