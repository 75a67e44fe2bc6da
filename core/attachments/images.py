"""Images: measured before they are decoded, and made small without what the camera noted in them."""

import io
import warnings
from typing import BinaryIO

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from core.attachments.kinds import Refused

MAX_PIXELS = 50_000_000
THUMBNAIL = (480, 360)
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


def thumbnail_of(file: BinaryIO) -> bytes:
    """A small WebP of the image, without metadata. Raises Refused for one that is too large or cannot be read."""
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit, below, is stricter
            image = Image.open(file, formats=_FORMATS)  # reads the header only
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise Refused(_too_large(width * height))
        return _small(image)
    except Image.DecompressionBombError as error:
        raise Refused(_too_large(0)) from error
    # A damaged image fails in many ways: each of these was met in Pillow's decoders.
    except (
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
        IndexError,
        KeyError,
        TypeError,
        MemoryError,
        OverflowError,
    ) as error:
        raise Refused(_("cette image est abîmée : elle ne s’ouvre pas.")) from error


def _small(image: Image.Image) -> bytes:
    image.draft("RGB", (THUMBNAIL[0] * 2, THUMBNAIL[1] * 2))  # a JPEG is decoded at a fraction of its size
    turned = ImageOps.exif_transpose(image)
    plain = turned.convert("RGBA" if "A" in turned.getbands() or "transparency" in turned.info else "RGB")
    plain.thumbnail(THUMBNAIL)
    clean = Image.new(plain.mode, plain.size)  # a new image carries no metadata
    clean.paste(plain)
    out = io.BytesIO()
    clean.save(out, "WEBP", quality=80)
    return out.getvalue()


def _too_large(pixels: int) -> str:
    if not pixels:
        return _("cette image a trop de pixels : 50 millions au plus. Réduisez-la.")
    millions = pixels // 1_000_000
    return _("cette image a %d millions de pixels : 50 au plus. Réduisez-la.") % millions
