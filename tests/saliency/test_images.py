import io
import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, ImageFile, ImageOps

from resnet_viz.questions import MAX_PICTURE_BYTES
from resnet_viz.saliency.images import MAX_PIXELS, MAX_SCANS, ImageRefused, open_picture

Pixels = NDArray[np.uint8]
Write = Callable[[Path], object]

FOREIGN = "This file is no JPEG, PNG or WEBP, and only these are read: save the picture as one of them."
DAMAGED = "This file is damaged or not finished: save the picture again, or choose another."
TOO_MANY = "The picture has more than 25 million pixels: make it smaller."


def noise(height: int = 12, width: int = 16, channels: int = 3) -> Pixels:
    return np.random.default_rng(0).integers(0, 256, (height, width, channels), dtype=np.uint8)


def encoded(image: Image.Image | NDArray[Any], form: str = "PNG", **options: Any) -> bytes:
    picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, data: bytes, *, bits: int = 8, colour: int = 0, before: bytes = b"") -> bytes:
    """A PNG as it stands in the specification, with sides and chunks that Pillow would not write."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + before + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def jpeg_of_sides(width: int, height: int) -> bytes:
    data = bytearray(encoded(noise(), "JPEG"))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def webp_of_sides(width: int, height: int) -> bytes:
    data = bytearray(encoded(noise(), "WEBP", lossless=True))
    rest = int.from_bytes(data[21:25], "little") >> 28
    data[21:25] = ((width - 1) | (height - 1) << 14 | rest << 28).to_bytes(4, "little")
    return bytes(data)


def padded_jpeg(size: int) -> bytes:
    """A JPEG with bytes behind its end, which readers leave alone."""
    return encoded(noise(), "JPEG").ljust(size, b"\0")


def animation(form: str, frames: int = 12) -> bytes:
    first, *others = (Image.new("RGB", (16, 12), (20 * place, 0, 255)) for place in range(frames))
    return encoded(first, form, save_all=True, append_images=others, lossless=True)


def exif(*tags: bytes) -> bytes:
    """EXIF with the given directory entries of 12 bytes."""
    return b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">H", len(tags)) + b"".join(tags) + b"\0\0\0\0"


def turned_by(orientation: int) -> bytes:
    return struct.pack(">HHIHH", ExifTags.Base.Orientation, 3, 1, orientation, 0)


def profile_of_grey_cyan() -> bytes:
    """An ICC profile of a printer whose cyan is the grey of lightness 50, and whose other inks are black."""
    lightness = [0xFF00] + [0] * 7 + [0x7F80] + [0] * 7  # cyan varies slowest
    grid = b"".join(struct.pack(">3H", one, 0x8000, 0x8000) for one in lightness)
    table = b"mft2\0\0\0\0\x04\x03\x02\0" + struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    table += struct.pack(">2H", 2, 2) + struct.pack(">2H", 0, 65535) * 4 + grid + struct.pack(">2H", 0, 65535) * 3
    size = 128 + 16 + len(table)
    header = struct.pack(">I4sI4s4s4s12x4s28x3I", size, b"lcms", 0x02400000, b"prtr", b"CMYK", b"Lab ", b"acsp",
                         0xF6D6, 0x10000, 0xD32D)  # fmt: skip
    return header.ljust(128, b"\0") + struct.pack(">I4sII", 1, b"A2B0", 144, len(table)) + table


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the test's picture goes."""
    return tmp_path / "upload-7f"


def pixels(path: Path, content: bytes) -> Pixels:
    """What is opened of a file with this content, (H, W, 3)."""
    path.write_bytes(content)
    image = open_picture(path).image
    assert image.mode == "RGB"
    return np.asarray(image)


def holding(content: Callable[[], bytes]) -> Write:
    return lambda path: path.write_bytes(content())


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="9" height="9"/></svg>'

REFUSED: dict[str, tuple[Write, str]] = {
    "missing": (lambda path: None, "There is no such file: choose another picture."),
    "folder": (Path.mkdir, "This is a folder: choose a picture in it."),
    "link to itself": (
        lambda path: path.symlink_to(path),
        "This file can't be read: check its permissions, or choose another picture.",
    ),
    "empty": (Path.touch, "This file is empty: save the picture again, or choose another."),
    "over 10 MB": (
        holding(lambda: padded_jpeg(MAX_PICTURE_BYTES + 1)),
        "This file is larger than 10 MB: save the picture smaller.",
    ),
    "text": (holding(lambda: b"no picture at all\n"), FOREIGN),
    "SVG": (holding(lambda: SVG), FOREIGN),
    "GIF": (holding(lambda: animation("GIF")), FOREIGN),
    "TIFF": (holding(lambda: encoded(noise(), "TIFF")), FOREIGN),
    "BMP": (holding(lambda: encoded(noise(), "BMP")), FOREIGN),
    "sound": (holding(lambda: b"RIFF\x24\0\0\0WAVEfmt " + bytes(28)), FOREIGN),
    "PNG of 10,000 million": (holding(lambda: png(100_000, 100_000, bytes(100_000))), TOO_MANY),
    "PNG of 144 million": (holding(lambda: png(12_000, 12_000, bytes(100_000))), TOO_MANY),
    "PNG just over": (holding(lambda: png(5001, 5001, bytes(100_000))), TOO_MANY),
    "JPEG of 4,000 million": (holding(lambda: jpeg_of_sides(65_000, 65_000)), TOO_MANY),
    "JPEG of 144 million": (holding(lambda: jpeg_of_sides(12_000, 12_000)), TOO_MANY),
    "JPEG just over": (holding(lambda: jpeg_of_sides(5001, 5001)), TOO_MANY),
    "WEBP of 268 million": (holding(lambda: webp_of_sides(16_384, 16_384)), TOO_MANY),
    "WEBP of 144 million": (holding(lambda: webp_of_sides(12_000, 12_000)), TOO_MANY),
    "WEBP just over": (holding(lambda: webp_of_sides(5001, 5001)), TOO_MANY),
    "1 x 1": (
        holding(lambda: encoded(noise(1, 1))),
        "The picture has 1 x 1 pixels, and 8 a side are the least: choose a larger one.",
    ),
    "1 x 4000": (
        holding(lambda: encoded(noise(4000, 1))),
        "The picture is more than 20 times as long as it is wide: cut a piece out of it.",
    ),
    "half a JPEG": (holding(lambda: encoded(noise(99, 99), "JPEG")[:4000]), DAMAGED),
    "half a PNG": (holding(lambda: encoded(noise(99, 99))[:4000]), DAMAGED),
    "half a WEBP": (holding(lambda: encoded(noise(99, 99), "WEBP")[:400]), DAMAGED),
    "half a header": (holding(lambda: encoded(noise(), "JPEG")[:100]), DAMAGED),
    "PNG with a damaged stream": (holding(lambda: png(16, 12, b"")), DAMAGED),
    "PNG with a damaged header": (holding(lambda: encoded(noise()).replace(b"IHDR", b"IHDX")), DAMAGED),
    "PNG with a bad frame": (holding(lambda: png(16, 12, b"", before=chunk(b"fcTL", b""))), DAMAGED),
    "PNG with nonsense for transparency": (
        holding(lambda: png(16, 12, bytes(12 * 49), colour=2, before=chunk(b"tEXt", b"transparency\0red"))),
        DAMAGED,
    ),
}


def refusal(path: Path) -> str:
    with pytest.raises(ImageRefused) as error:
        open_picture(path)
    return str(error.value)


@pytest.mark.parametrize(("write", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_is_refused_with_one_sentence_and_closed(path: Path, write: Write, sentence: str) -> None:
    write(path)
    said = refusal(path)
    assert said == sentence
    assert said.endswith(".")
    assert said.count(". ") == said.count("\n") == 0
    assert path.name not in said
    assert str(path) not in [file.path for file in psutil.Process().open_files()]


def test_a_file_of_10_mb_and_a_picture_of_25_million_pixels_are_opened(path: Path) -> None:
    assert pixels(path, padded_jpeg(MAX_PICTURE_BYTES)).shape == (12, 16, 3)
    assert pixels(path, encoded(Image.new("1", (5000, MAX_PIXELS // 5000)))).shape == (5000, 5000, 3)


def test_the_least_side_and_the_largest_ratio_are_opened(path: Path) -> None:
    assert pixels(path, encoded(noise(8, 160))).shape == (8, 160, 3)
    for height, width in ((7, 140), (8, 161)):
        path.write_bytes(encoded(noise(height, width)))
        refusal(path)


def peak(action: Callable[[], object]) -> int:
    """Bytes of resident memory that an action needs at its height. Pillow's memory is unknown to tracemalloc."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak so far is what is resident now
    before = resident_peak()
    action()
    return resident_peak() - before


def resident_peak() -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux tells the peak")
def test_a_picture_of_too_many_pixels_needs_no_memory(path: Path) -> None:
    path.write_bytes(encoded(noise()))
    open_picture(path)  # what Pillow loads at its first picture is no matter of size
    for name in REFUSED:
        if "million" in name or "just over" in name:
            REFUSED[name][0](path)
            assert peak(lambda: refusal(path)) < 5_000_000, name
    path.write_bytes(encoded(Image.new("L", (5000, 5000))))
    assert peak(lambda: open_picture(path)) > 50_000_000


def test_pillow_gives_no_warning_where_its_own_limit_is_higher(path: Path) -> None:
    REFUSED["PNG of 144 million"][0](path)
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        assert refusal(path) == TOO_MANY
    assert given == []
    with pytest.raises(Image.DecompressionBombWarning):
        Image.open(path)


def test_the_settings_of_pillow_and_the_warnings_stay_as_they_were(path: Path) -> None:
    def settings() -> tuple[object, ...]:
        return Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters)

    before = settings()
    for name in ("PNG of 144 million", "half a JPEG"):
        REFUSED[name][0](path)
        refusal(path)
        assert settings() == before
    assert before[:2] == (89_478_485, False)


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_pixels_come_back_as_they_were(path: Path, form: str) -> None:
    np.testing.assert_array_equal(pixels(path, encoded(noise(), form, lossless=True)), noise())
    assert open_picture(path).note == ""


def test_a_jpeg_is_what_pillow_makes_of_it(path: Path) -> None:
    content = encoded(noise(), "JPEG")
    np.testing.assert_array_equal(pixels(path, content), np.asarray(Image.open(io.BytesIO(content))))
    assert not np.array_equal(pixels(path, content), noise())


def test_grey_of_16_bits_is_scaled_and_not_cut(path: Path) -> None:
    grey = np.zeros((8, 8), np.uint16)
    grey[0, :6] = 0, 128, 129, 32896, 65406, 65535
    found = pixels(path, encoded(grey))
    assert found[0, :6, 0].tolist() == [0, 0, 1, 128, 254, 255]
    assert (found == found[:, :, :1]).all()
    with Image.open(path) as image:
        assert image.convert("L").getpixel((3, 0)) == 255  # what Pillow's own conversion makes of 128


def test_grey_of_16_bits_may_have_a_transparent_value(path: Path) -> None:
    rows = (b"\0" + struct.pack(">8H", *range(0, 8 * 257, 257))) * 8
    found = pixels(path, png(8, 8, rows, bits=16, before=chunk(b"tRNS", struct.pack(">H", 2 * 257))))
    assert found[0, :, 1].tolist() == [0, 1, 255, 3, 4, 5, 6, 7]


def test_grey_and_black_and_white_become_colour(path: Path) -> None:
    grey = noise()[:, :, 0]
    np.testing.assert_array_equal(pixels(path, encoded(grey)), np.repeat(grey[:, :, None], 3, 2))
    found = pixels(path, encoded(grey > 127))
    np.testing.assert_array_equal(found[:, :, 1], np.where(grey > 127, 255, 0))
    assert not np.array_equal(found[:, :, 1], grey)


VALUES, ALPHAS = np.mgrid[:256, :256].astype(np.uint8)
ON_WHITE = np.rint((VALUES * (ALPHAS / 255)) + (255 - ALPHAS)).astype(np.uint8)  # every value, every opacity


@pytest.mark.parametrize("channels", [1, 3], ids=["LA", "RGBA"])
@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_what_is_half_transparent_lies_on_white(path: Path, channels: int, form: str) -> None:
    image = np.dstack([VALUES] * channels + [ALPHAS])
    found = pixels(path, encoded(image, form, lossless=True, exact=True))
    np.testing.assert_array_equal(found, np.repeat(ON_WHITE[:, :, None], 3, 2))
    assert found[200, 128].tolist() == [227] * 3
    assert not np.array_equal(found[:, :, 0], VALUES)


@pytest.mark.parametrize(
    ("transparency", "expected"),
    [(None, [10, 20, 30]), (1, [10, 20, 30]), (0, [255] * 3), (b"\0\xff", [255] * 3), (b"\x80\xff", [132, 137, 142])],
    ids=["none", "the other", "an entry", "a table", "half"],
)
def test_a_palette_lies_on_white_where_it_is_transparent(
    path: Path, transparency: int | bytes | None, expected: list[int]
) -> None:
    image = Image.new("P", (16, 12))
    image.putpalette([10, 20, 30, 40, 50, 60])
    content = encoded(image, transparency=transparency) if transparency is not None else encoded(image)
    assert pixels(path, content)[5, 5].tolist() == expected


@pytest.mark.parametrize(("colour", "channels"), [(0, 1), (2, 3)], ids=["L", "RGB"])
def test_a_single_transparent_colour_becomes_white(path: Path, colour: int, channels: int) -> None:
    rows = (b"\0" + b"\7" * channels * 8 + b"\x08" * channels * 8) * 12
    found = pixels(path, png(16, 12, rows, colour=colour, before=chunk(b"tRNS", b"\0\7" * channels)))
    assert (found[:, :8] == 255).all()
    assert (found[:, 8:] == 8).all()


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_opened_and_told(path: Path, form: str) -> None:
    found = pixels(path, animation(form))
    assert (found == [0, 0, 255]).all()
    assert open_picture(path).note == "the first of 12 frames"


def test_what_a_camera_adds_to_a_photograph_is_no_animation(path: Path) -> None:
    first = Image.fromarray(noise())
    content = encoded(first, "MPO", save_all=True, append_images=[Image.new("RGB", (16, 12))])
    np.testing.assert_array_equal(pixels(path, content), pixels(path, encoded(first, "JPEG")))
    path.write_bytes(content)
    assert open_picture(path).note == ""
    with Image.open(path) as image:
        assert image.n_frames == 2


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_upright(path: Path, orientation: int, form: str) -> None:
    content = encoded(noise(), form, exif=exif(turned_by(orientation)), lossless=True)
    lying = Image.open(io.BytesIO(content))
    found = pixels(path, content)
    np.testing.assert_array_equal(found, np.asarray(ImageOps.exif_transpose(lying)))
    assert np.array_equal(found, np.asarray(lying)) == (orientation == 1)


def test_the_camera_was_held_upright_with_orientation_6(path: Path) -> None:
    found = pixels(path, encoded(noise(), exif=exif(turned_by(6))))
    np.testing.assert_array_equal(found, np.rot90(noise(), -1))  # clockwise
    assert not np.array_equal(found, np.rot90(noise()))


def test_exif_that_can_not_be_written_again_still_turns_the_picture(path: Path) -> None:
    words_for_a_width = struct.pack(">HHI4s", ExifTags.Base.ImageWidth, 2, 4, b"abc\0")
    content = encoded(noise(), exif=exif(words_for_a_width, turned_by(6)))
    np.testing.assert_array_equal(pixels(path, content), np.rot90(noise(), -1))
    with pytest.raises(struct.error), Image.open(path) as image:
        ImageOps.exif_transpose(image)


@pytest.mark.parametrize(
    "damage",
    [b"Exif\0\0no such thing", exif(turned_by(6))[:12], exif(turned_by(6))[:18], exif(turned_by(9))],
    ids=["words", "half a header", "half an entry", "9"],
)
def test_damaged_exif_leaves_the_picture_as_it_lies(path: Path, damage: bytes) -> None:
    np.testing.assert_array_equal(pixels(path, encoded(noise(), exif=damage)), noise())


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_metadata_is_left_behind(path: Path, form: str) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    place = exif(struct.pack(">HHI4s", ExifTags.Base.Artist, 2, 4, b"Ann\0"), turned_by(6))
    path.write_bytes(encoded(noise(), form, exif=place, icc_profile=profile, comment="home", dpi=(300, 300)))
    with Image.open(path) as image:
        assert image.getexif()[ExifTags.Base.Artist] == "Ann"
        assert "icc_profile" in image.info
    opened = open_picture(path).image
    assert opened.info == {}
    assert dict(opened.getexif()) == {}
    assert type(opened) is Image.Image


CYAN = Image.new("CMYK", (16, 12), (255, 0, 0, 0))


@pytest.mark.parametrize("profile", [None, b"broken" * 40, "RGB"], ids=["none", "broken", "of another space"])
def test_inks_without_a_profile_that_works_go_by_the_plain_rule(path: Path, profile: str | bytes | None) -> None:
    if profile == "RGB":
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    found = pixels(path, encoded(CYAN, "JPEG", quality=100, icc_profile=profile))
    np.testing.assert_allclose(found.astype(int), np.broadcast_to([0, 255, 255], found.shape), atol=2)


def test_inks_go_by_their_profile(path: Path) -> None:
    found = pixels(path, encoded(CYAN, "JPEG", quality=100, icc_profile=profile_of_grey_cyan()))
    np.testing.assert_allclose(found.astype(int), 119, atol=2)  # lightness 50 in sRGB
    paper = encoded(Image.new("CMYK", (16, 12)), "JPEG", quality=100, icc_profile=profile_of_grey_cyan())
    np.testing.assert_allclose(pixels(path, paper).astype(int), 255, atol=2)


def test_a_progressive_jpeg_with_endless_scans_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    ordinary = encoded(noise(64, 64), "JPEG", progressive=True)
    assert 1 < ordinary.count(b"\xff\xda") < MAX_SCANS
    path = tmp_path / "picture"
    path.write_bytes(ordinary)
    assert open_picture(path).image.size == (64, 64)
    last = ordinary.rindex(b"\xff\xda")
    path.write_bytes(ordinary[:last] + ordinary[last:-2] * MAX_SCANS + ordinary[-2:])
    with pytest.raises(ImageRefused, match="more than 100 scans"):
        open_picture(path)
