"""The page that names the probes."""

from collections import Counter

from .page import PAGE, filled, probes


def test_the_page_tells_of_every_probe():
    assert PAGE.read_text() == filled(PAGE.read_text()), "make docs writes it"


def test_no_probe_is_told_twice():
    assert [what for what, times in Counter(one.what for one in probes()).items() if times > 1] == []
