"""What encoders are told of an HDR clip's display."""

import struct

from framesmooth.video.hdr_metadata import light_words, mastering_words

PLACES = ((34000, 50000), (16000, 50000), (13250, 50000), (34500, 50000), (7500, 50000), (3000, 50000))
WHITE, LUMINANCE = ((15635, 50000), (16450, 50000)), ((50, 10000), (10000000, 10000))


def data(known: int = 1) -> bytes:
    numbers = [number for pair in (*PLACES, *WHITE, *LUMINANCE) for number in pair]
    return struct.pack("=22i", *numbers, known, known)


def test_the_words_of_x265_and_of_svt() -> None:
    whole = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
    assert mastering_words(data(), whole=True) == whole
    assert mastering_words(data(), whole=False).startswith("G(0.26500,0.69000)B(0.15000,0.06000)R(0.68000")
    assert mastering_words(data(), whole=False).endswith("L(1000.00000,0.00500)")
    assert light_words((1000, 400)) == "1000,400"


def test_what_is_incomplete_is_left_out() -> None:
    assert mastering_words(data(known=0), whole=True) == ""
    assert mastering_words(data()[:40], whole=True) == ""
