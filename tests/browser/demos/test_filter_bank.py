"""The filter bank's explorer shows what `filters` computes."""

import numpy as np
import pytest
from shown import PLACES

import filters
from demos.filter_bank import filter_bank_explorer

rng = np.random.default_rng(0)
PICTURES = {"small": rng.random((28, 28), dtype=np.float32), "tall": rng.random((91, 40), dtype=np.float32)}


@pytest.fixture(scope="module", params=PLACES)
def explorer(request, show):
    return show(filter_bank_explorer(PICTURES), request.param)


def output(explorer, name):
    """Return one array of what is drawn: the whole bank takes its time to travel."""
    return explorer.outputs(name)[name]


@pytest.mark.parametrize("picture", PICTURES)
def test_every_filter_and_its_response(explorer, picture):
    bank, responses = filters.leung_malik_bank(), filters.bank_responses(PICTURES[picture])
    for k in range(len(bank)):
        explorer.set(picture=picture, number=k + 1)
        np.testing.assert_allclose(output(explorer, "filter"), bank[k], atol=1e-6, rtol=0)
        np.testing.assert_allclose(output(explorer, "response"), responses[k], atol=1e-4, rtol=0)
    np.testing.assert_allclose(output(explorer, "picture"), PICTURES[picture], atol=1e-6)


def test_the_mosaic_holds_the_bank_in_rows_of_six(explorer):
    bank, step = filters.leung_malik_bank(), 51
    mosaic = explorer.outputs()["bank"]
    assert mosaic.shape == (8 * step - 2, 6 * step - 2)
    for k, weights in enumerate(bank):
        row, column = divmod(k, 6)
        shown = mosaic[row * step : row * step + 49, column * step : column * step + 49]
        np.testing.assert_allclose(shown, weights / np.abs(weights).max(), atol=1e-4, rtol=0)
    assert np.isnan(mosaic[49:51]).all() and np.isnan(mosaic[:, 49:51]).all()


def test_a_click_chooses_a_filter_and_so_do_the_keys(explorer):
    explorer.set(picture="small", number=1)
    explorer.point("The bank", 4 * 51 + 20, 2 * 51 + 30)
    assert explorer.values()["number"] == 1  # pointing alone chooses nothing
    explorer.point("The bank", 4 * 51 + 20, 2 * 51 + 30, press=True)
    assert explorer.values()["number"] == 27
    explorer.control("Filter").press("ArrowRight")
    explorer.settle()
    assert explorer.values()["number"] == 28
    responses = filters.bank_responses(PICTURES["small"])
    np.testing.assert_allclose(output(explorer, "response"), responses[27], atol=1e-4, rtol=0)
    assert "Bar 90°, scale 2.0" in explorer.root.inner_text()


def test_start_over_opens_with_a_small_filter(explorer):
    explorer.set(picture="tall", number=44)
    explorer.root.get_by_role("button", name="Start over").click()
    explorer.settle()
    assert explorer.values() == {"picture": "small", "number": 1}
    strongest = np.abs(filters.leung_malik_bank()[0])
    assert strongest[16:33, 10:39].sum() > 0.95  # it fits a digit


def test_numbers_that_no_filter_has(explorer):
    with pytest.raises(Exception, match="Filter goes from 1 to 48"):
        explorer.set(number=49)
    with pytest.raises(Exception, match="Picture is one of small, tall"):
        explorer.set(picture="big")


def test_numbers_of_another_length_do_not_layer_the_page_anew(show):
    first, other = (np.abs(filters.leung_malik_bank()[number - 1]).max() for number in (1, 14))
    assert first > 0.01 > other, "the ends of the two scales are numbers of one length"
    explorer = show(filter_bank_explorer(PICTURES), "page")
    explorer.page.set_viewport_size({"width": 900, "height": 800})
    change = "root => root.demo.set({ number: %d })"
    assert [explorer.layerings(change % number) for number in (14, 1, 14)] == [0, 0, 0]


def test_no_errors(explorer):
    assert explorer.page.page_errors == []


@pytest.mark.parametrize("bad", [{}, {"colour": np.zeros((3, 8, 8))}, {"bright": np.full((8, 8), 2.0)}])
def test_pictures_that_are_none_are_refused(bad):
    with pytest.raises(ValueError, match="pictures"):
        filter_bank_explorer(bad)
