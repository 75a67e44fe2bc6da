"""What a first visit brings: files made of others, a font without what no page shows."""

import io
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.checks import run_checks
from fontTools.ttLib import TTFont

from core.bundles import BundleFinder
from core.webfont import FEATURES, WEIGHTS, slim


@pytest.mark.parametrize("name", settings.STATIC_BUNDLES)
def test_a_bundle_is_its_files_in_order(name):
    made = finders.find(name)
    parts = [(settings.BASE_DIR / "static" / part).read_text() for part in settings.STATIC_BUNDLES[name]]
    assert Path(made).read_text() == "".join(parts)


def test_a_bundle_is_made_again_when_one_of_its_files_has_changed(tmp_path, settings):
    sheet = tmp_path / "source" / "one.css"
    sheet.parent.mkdir()
    sheet.write_text("a{}")
    settings.STATICFILES_DIRS = [sheet.parent]
    settings.STATIC_BUNDLES = {"css/all.css": ("one.css", "one.css")}
    settings.STATIC_BUNDLES_DIR = tmp_path / "made"
    finder = BundleFinder()
    assert Path(finder.find("css/all.css")).read_text() == "a{}a{}"
    sheet.write_text("b{}")
    assert Path(finder.find("css/all.css")).read_text() == "b{}b{}"
    assert [path for path, _storage in finder.list(None)] == ["css/all.css"]
    assert finder.find("css/other.css") == []


def test_a_bundle_of_an_absent_file_is_told_at_start_up(settings):
    settings.STATIC_BUNDLES = {"css/all.css": ("css/base.css", "css/absent.css")}
    assert [found.id for found in run_checks(tags=["staticfiles"])] == ["core.E017"]


def test_the_font_keeps_its_characters_and_every_weight_that_a_page_asks_for():
    source = settings.BASE_DIR / "node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2"
    whole, cut = TTFont(source), TTFont(io.BytesIO(slim(source.read_bytes())))
    assert cut.getBestCmap().keys() == whole.getBestCmap().keys()
    assert set("«»€œŒ’éà\u202f\u00a0") - {"\u202f"} <= set(map(chr, cut.getBestCmap()))
    axis = cut["fvar"].axes[0]
    assert (axis.minValue, axis.maxValue) == WEIGHTS
    features = {
        record.FeatureTag for table in ("GSUB", "GPOS") for record in cut[table].table.FeatureList.FeatureRecord
    }
    assert features <= set(FEATURES)
    assert {"kern", "tnum"} <= features
    asked = [
        int(weight)
        for sheet in (settings.BASE_DIR / "static" / "css").glob("*.css")
        for weight in re.findall(r"font-weight: ?(\d+)", sheet.read_text())
    ]
    assert min(asked) >= WEIGHTS[0]
    assert max(asked) <= WEIGHTS[1]
