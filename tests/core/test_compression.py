"""Pages on the wire: brotli, gzip or neither, as the browser asks; always the same page, never quite the same length."""

import gzip

import brotli
import pytest

from core.compression import compress

PAGE = "/crm/companies/"


def page(browser, accepts: str):
    return browser.get(PAGE, headers={"accept-encoding": accepts})


def test_a_browser_that_takes_brotli_gets_it(sales):
    plain = page(sales, "")
    packed = page(sales, "gzip, deflate, br, zstd")
    assert packed["Content-Encoding"] == "br"
    assert int(packed["Content-Length"]) == len(packed.content) < len(plain.content)
    assert "Accept-Encoding" in packed["Vary"]
    assert b"<html" in brotli.decompress(packed.content)


@pytest.mark.parametrize("accepts", ["gzip", "gzip, br;q=0", "gzip, br ; q=0.0"])
def test_the_others_get_gzip(sales, accepts):
    packed = page(sales, accepts)
    assert packed["Content-Encoding"] == "gzip"
    assert b"<html" in gzip.decompress(packed.content)


def test_a_browser_that_takes_neither_gets_the_page(sales):
    assert "Content-Encoding" not in page(sales, "").headers


@pytest.mark.parametrize("content", [b"", b"a", "é€".encode() * 70_000, bytes(range(256)) * 2000])
def test_the_noise_is_no_part_of_the_page(content):
    for noise in (1, 64, 100, 256):
        assert brotli.decompress(compress(content, noise)) == content


def test_the_length_varies(sales):
    assert len({len(page(sales, "br").content) for _number in range(12)}) > 1
