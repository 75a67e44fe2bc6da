"""Answers leave as brotli where the browser takes it: the size of gzip's best for a third of its time."""

import re
import secrets

import brotli  # type: ignore[import-untyped]
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers

_TAKES = re.compile(r"\bbr\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))")
_QUALITY, _WINDOW = 3, 18  # 2¹⁸ bytes hold any page
_SMALL = 200  # bytes


class Compression(GZipMiddleware):
    """Django's, which does the rest: gzip for the others and for streams, weak ETags.

    Like it, the length says less than it would about what is in the page (BREACH): up to a hundred random bytes.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not isinstance(response, HttpResponse) or not self._may(request, response):
            return super().process_response(request, response)
        patch_vary_headers(response, ("Accept-Encoding",))
        packed = compress(response.content, secrets.randbelow(self.max_random_bytes) + 1)
        if len(packed) >= len(response.content):
            return response
        response.content = packed
        response.headers["Content-Length"] = str(len(packed))
        response.headers["Content-Encoding"] = "br"
        etag = response.headers.get("ETag", "")
        if etag.startswith('"'):
            response.headers["ETag"] = f"W/{etag}"
        return response

    def _may(self, request: HttpRequest, response: HttpResponse) -> bool:
        if response.has_header("Content-Encoding") or len(response.content) < _SMALL:
            return False
        return _TAKES.search(request.headers.get("Accept-Encoding", "")) is not None


def compress(content: bytes, noise: int) -> bytes:
    """Brotli, with 1 to 256 random bytes that every reader skips: a metadata block (RFC 7932, 9.2)."""
    packer = brotli.Compressor(quality=_QUALITY, lgwin=_WINDOW)
    body = packer.process(content) + packer.flush()  # flushed: the next block starts at a byte
    # From the lowest bit: not the last block (0), metadata (11), reserved (0), its length on one byte (01), less one.
    head = (0b11 << 1 | 0b01 << 4 | (noise - 1) << 6).to_bytes(2, "little")
    return body + head + secrets.token_bytes(noise) + packer.finish()
