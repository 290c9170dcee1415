"""Players and explorers without a browser: what they send to the page, and when they draw."""

import base64
import io
import json
import re
import threading
import time

import ipywidgets
import numpy as np
import pytest
from PIL import Image

import figures
import widgets


def frame(level=0):
    figure = figures.figure(2, 1)
    figures.show_image(figure.subplots(), np.full((4, 4), level / 10))
    return figure


def explorer(draw=lambda level: None, **more):
    figure = frame()
    control = ipywidgets.IntSlider(0, 0, 9, description="Level")
    made = widgets.Explorer(figure, draw, {"level": control}, alt="Grey", name="grey", **more)
    return made, control


class TestPlayer:
    def test_carries_all_frames_and_captions_safely(self):
        labels = ["<b>& $x$", "</script>", "c"]
        player = widgets.play(frame, 3, alt='A "grey" <square>', name="grey", labels=labels)
        markup = player._repr_html_()
        assert markup.count("<script>") == markup.count("</script>") == 1
        number, frames, captions, interval = json.loads(
            re.search(r"\)\(\.\.\.(\[.*\])\)</script>", markup)[1]
        )
        assert (captions, interval) == (labels, 400)
        assert [base64.b64decode(data) for data in frames] == player.frames
        assert f'data-number="{number}"' in markup
        assert markup.count('alt="A &quot;grey&quot; &lt;square&gt;"') == 1
        assert "&lt;b&gt;&amp; $x$" in markup

    def test_needs_nothing_from_a_network(self):
        markup = widgets.play(frame, 2, alt="Grey", name="grey")._repr_html_()
        assert not re.search(r"https?:|src=(?!\"data:)|@import|url\(", markup)

    def test_frames_have_one_size_and_are_sharp(self):
        player = widgets.play(lambda k: frame(k), 2, alt="Grey", name="grey", scale=2)
        assert {Image.open(io.BytesIO(data)).size for data in player.frames} == {(400, 200)}
        assert player.width == 200

    def test_a_figure_used_again_is_laid_out_once(self):
        figure = frame()
        widgets.play(lambda k: figure, 2, alt="Grey", name="grey")
        assert figure.get_layout_engine() is None

    @pytest.mark.parametrize("frames, labels", [([], None), ([b""], ["a", "b"])])
    def test_refuses_frames_without_labels(self, frames, labels):
        with pytest.raises(ValueError, match="a frame or more, and a label for each"):
            widgets.Player(frames, alt="Grey", name="grey", labels=labels)

    def test_refuses_to_be_without_a_text(self):
        with pytest.raises(ValueError, match="needs `alt`"):
            widgets.Player([b""], alt=" ", name="grey")


class TestExplorer:
    def test_draws_what_the_control_says(self):
        levels = []
        _, control = explorer(lambda level: levels.append(level))
        control.value = 3
        assert levels == [0, 3]

    def test_picture_has_the_size_of_the_figure(self):
        made, _ = explorer()
        assert Image.open(io.BytesIO(made.picture.png)).size == (200, 100) == tuple(made.picture.size)

    def test_value_error_becomes_a_sentence_and_goes_away(self):
        def draw(level):
            if level == 5:
                raise ValueError("Five is one too many.")

        made, control = explorer(draw)
        control.value = 5
        assert made.picture.message == "Five is one too many."
        control.value = 6
        assert made.picture.message == ""

    def test_other_errors_are_said_and_raised_and_do_not_block(self):
        def draw(level):
            if level == 5:
                raise KeyError("five")

        made, control = explorer(draw)
        with pytest.raises(KeyError):
            control.value = 5
        assert made.picture.message == "KeyError: 'five'"
        control.value = 6
        assert made.picture.message == ""

    def test_refuses_values_that_cannot_be_drawn_at_first(self):
        def draw(level):
            raise ValueError("Never.")

        with pytest.raises(ValueError, match=r"grey: .*Never\."):
            explorer(draw)

    def test_needs_an_alternative_text(self):
        with pytest.raises(ValueError, match="needs `alt`"):
            widgets.Explorer(frame(), lambda: None, {}, alt="", name="grey")

    def test_what_piles_up_is_drawn_once_with_the_latest_values(self):
        levels, drawing, go_on = [], threading.Event(), threading.Event()

        def draw(level):
            levels.append(level)
            if level == 1:
                drawing.set()
                assert go_on.wait(10)

        _, control = explorer(draw)
        slow = threading.Thread(target=setattr, args=(control, "value", 1))
        slow.start()
        assert drawing.wait(10)
        for level in range(2, 9):
            control.value = level  # comes back at once: another thread is drawing
        go_on.set()
        slow.join(10)
        assert levels == [0, 1, 8]

    def test_many_threads_never_draw_at_once_and_end_with_the_last_value(self):
        busy, seen = threading.Lock(), []

        def draw(level):
            assert busy.acquire(blocking=False), "two threads draw at once"
            time.sleep(0.002)
            seen.append(level)
            busy.release()

        _, control = explorer(draw)
        threads = [threading.Thread(target=lambda k=k: setattr(control, "value", k % 10)) for k in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen[-1] == control.value

    def test_pointer_sets_both_controls_and_draws_once(self):
        figure = figures.figure(4, 2)
        axes = figure.subplots()
        figures.show_image(axes, np.zeros((20, 10)))
        drawn = []
        controls = {"row": ipywidgets.IntSlider(0, 0, 19), "column": ipywidgets.IntSlider(0, 0, 9)}
        made = widgets.Explorer(
            figure,
            lambda row, column: drawn.append((row, column)),
            controls,
            alt="Black",
            name="black",
            pointer=(axes, "row", "column"),
        )
        for row, column in [(13, 4), (0, 9), (19, 0)]:
            x, y = figure.transFigure.inverted().transform(axes.transData.transform((column, row)))
            made.picture.pointer = [x, 1 - y]
            assert drawn[-1] == (row, column)
        assert len(drawn) == 4
        made.picture.pointer = [0.001, 0.001]  # beside the axes
        made.picture.pointer = [x, 1 - y]  # where it was
        assert len(drawn) == 4

    def test_magnified_picture_is_sent_again_with_more_pixels(self):
        made, control = explorer()
        made._sharpen(made.picture, {"scale": 2}, [])
        assert Image.open(io.BytesIO(made.picture.png)).size == (400, 200)
        control.value = 1
        assert Image.open(io.BytesIO(made.picture.png)).size == (200, 100)

    def test_bundle_has_a_still_for_pages_without_a_kernel(self):
        made, _ = explorer()
        bundle = made._repr_mimebundle_()
        assert "application/vnd.jupyter.widget-view+json" in bundle
        assert 'alt="Grey"' in bundle["text/html"]
        assert "runs live in Jupyter" in bundle["text/html"]
