import io
from typing import Any
from urllib.request import urlopen

import numpy as np
import pytest
from PIL import Image
from plotly import colors
from plotly.exceptions import PlotlyError

from resnet_viz.charts.overlay import COLOUR_MAPS, address, coloured, enlarged, npz, overlay, png, scaled

BLACK = np.zeros((1, 3, 3), np.uint8)
WHITE = np.full((1, 3, 3), 255, np.uint8)
ENDS = {
    "Viridis": ["#440154", "#fde725"],
    "Inferno": ["#000004", "#fcffa4"],
    "Cividis": ["#00224e", "#fee838"],
    "Turbo": ["#30123b", "#7a0402"],
}
RED, BLUE = (103, 0, 31), (5, 48, 97)  # the ends of plotly's RdBu


def pixels(picture: np.ndarray[Any, Any]) -> list[tuple[int, ...]]:
    return [tuple(pixel) for pixel in picture.reshape(-1, 3).tolist()]


def test_a_map_that_is_never_negative_is_a_share_of_its_largest_value() -> None:
    np.testing.assert_allclose(scaled([[0.0, 1.0], [2.0, 4.0]], signed=False), [[0, 0.25], [0.5, 1]])
    np.testing.assert_allclose(scaled([[-1.0, 2.0]], signed=False), [[0, 1]])


def test_a_signed_map_is_divided_by_its_percentile_and_keeps_its_zero() -> None:
    values = np.arange(-500, 501).reshape(7, 143) / 1.0
    limit = np.percentile(np.abs(values), 99.5)
    assert 490 < limit < 500
    np.testing.assert_allclose(scaled(values, signed=True), np.clip(values / limit, -1, 1))
    assert scaled(values, signed=True)[values == 0] == 0
    assert scaled(values, signed=False).max() == 1 > scaled(values, signed=False)[values == 499] == 0.998


def test_a_single_value_among_zeros_is_still_seen() -> None:
    values = np.zeros((40, 40))
    values[3, 4] = -2.0
    assert np.percentile(np.abs(values), 99.5) == 0
    np.testing.assert_array_equal(scaled(values, signed=True), values / 2)


@pytest.mark.parametrize("signed", [True, False])
def test_zeros_stay_zeros_and_what_is_no_number_becomes_one(signed: bool) -> None:
    assert not scaled(np.zeros((2, 3)), signed).any()
    lost = scaled([[np.nan, np.inf, -np.inf, 1.0]], signed)
    np.testing.assert_allclose(lost, [[0, 0, 0, 1]], atol=0.02)
    tiny = scaled([[5e-324, 0.0]], signed)
    np.testing.assert_array_equal(tiny, [[1, 0]])


def test_with_a_limit_two_maps_share_a_scale() -> None:
    np.testing.assert_allclose(scaled([[1.0, -2.0, 8.0]], signed=True, limit=4.0), [[0.25, -0.5, 1]])
    np.testing.assert_allclose(scaled([[1.0, -2.0, 8.0]], signed=False, limit=4.0), [[0.25, 0, 1]])
    half = coloured([[2.0]], signed=True, colour_map="Viridis", limit=4.0)
    assert pixels(half) == pixels(coloured([[1.0, 2.0]], signed=True, colour_map="Viridis", limit=4.0)[:, 1:])
    assert pixels(half) != pixels(coloured([[2.0]], signed=True, colour_map="Viridis"))


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_a_colour_map_begins_at_zero_and_ends_at_the_largest_value(name: str) -> None:
    shown = coloured([[0.0, 3.0]], signed=False, colour_map=name)
    assert shown.dtype == np.uint8
    assert ["#" + bytes(pixel).hex() for pixel in pixels(shown)] == ENDS[name]


def test_there_is_no_colour_map_of_another_name() -> None:
    with pytest.raises(PlotlyError, match="rainbows"):
        coloured([[1.0]], signed=False, colour_map="Rainbows")


def test_a_value_between_has_the_colour_that_plotly_gives_it() -> None:
    expected = colors.sample_colorscale("Inferno", [51 / 255], colortype="tuple")[0]
    shown = coloured([[1.0, 5.0]], signed=False, colour_map="Inferno")
    assert pixels(shown)[0] == tuple(round(255 * part) for part in expected)


def test_signed_maps_are_red_for_blue_against_and_white_at_zero() -> None:
    shown = coloured([[-2.0, 0.0, 2.0]], signed=True, colour_map="Viridis")
    assert pixels(shown) == [BLUE, (255, 255, 255), RED]
    assert pixels(coloured(np.zeros((1, 1)), signed=True, colour_map="Viridis")) == [(255, 255, 255)]
    other = coloured([[-2.0, 0.0, 2.0]], signed=True, colour_map="Turbo")  # the colour map is for the others
    np.testing.assert_array_equal(other, shown)
    unsigned = coloured([[0.0, 0.0, 2.0]], signed=False, colour_map="Viridis")
    assert (255, 255, 255) not in pixels(unsigned)


def test_both_sides_of_zero_fade_alike() -> None:
    shown = coloured([[-1.0, -0.5, 0.0, 0.5, 1.0]], signed=True, colour_map="Viridis").astype(int)
    distance = np.abs(shown - 255).sum(2)[0]
    assert distance[0] > distance[1] > distance[2] == 0 < distance[3] < distance[4]


def test_an_overlay_mixes_picture_and_colours_pixel_by_pixel() -> None:
    values = [[0.0, 0.0, 2.0]]
    how: dict[str, Any] = {"signed": False, "colour_map": "Viridis"}
    first, last = (68, 1, 84), (253, 231, 37)  # #440154 and #fde725
    assert pixels(overlay(BLACK, values, opacity=1.0, **how)) == [first, first, last]
    np.testing.assert_array_equal(overlay(WHITE, values, opacity=0.0, **how), WHITE)
    assert pixels(overlay(BLACK, values, opacity=0.25, **how)) == [(17, 0, 21), (17, 0, 21), (63, 58, 9)]
    mixed = overlay(WHITE, values, opacity=0.25, **how)
    assert pixels(mixed) == [(208, 192, 212), (208, 192, 212), (254, 249, 200)]
    assert mixed.dtype == np.uint8


def test_an_overlay_refuses_a_map_of_another_size() -> None:
    with pytest.raises(ValueError, match="broadcast"):
        overlay(BLACK, np.ones((2, 2)), opacity=0.5, signed=False, colour_map="Viridis")


def test_a_coarse_grid_is_enlarged_to_plain_rectangles() -> None:
    grid = np.array([[1, 2], [3, 4]])
    np.testing.assert_array_equal(enlarged(grid, 6), grid.repeat(3, 0).repeat(3, 1))
    np.testing.assert_array_equal(enlarged(np.array([[1, 2, 3]]), 4), [[1, 1, 2, 3]] * 4)
    np.testing.assert_array_equal(enlarged(np.arange(49).reshape(7, 7), 224)[::32, ::32], np.arange(49).reshape(7, 7))
    assert set(enlarged(grid, 5).ravel().tolist()) == {1, 2, 3, 4}  # and nothing between them


def test_an_address_holds_the_file_itself() -> None:
    picture = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    with urlopen(address(picture)) as answer:
        assert answer.headers.get_content_type() == "image/png"
        np.testing.assert_array_equal(np.asarray(Image.open(answer)), picture)


def test_a_picture_and_arrays_come_back_from_their_files() -> None:
    picture = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    with Image.open(io.BytesIO(png(picture))) as opened:
        assert opened.format == "PNG"
        np.testing.assert_array_equal(np.asarray(opened), picture)
    values = np.array([[0.5, np.nan]], dtype=np.float32)
    with np.load(io.BytesIO(npz(map=values, view=picture)), allow_pickle=False) as stored:
        assert sorted(stored) == ["map", "view"]
        assert stored["map"].dtype == np.float32
        np.testing.assert_array_equal(stored["map"], values)
        np.testing.assert_array_equal(stored["view"], picture)


def test_no_file_holds_python_objects() -> None:
    with pytest.raises(ValueError, match="allow_pickle"):
        npz(map=np.array([None]))
