"""Stylesheets and scripts: hashed names, references that follow, sizes that fit."""

import gzip
import re

from tenure.web import assets

BUDGET = 25_000  # bytes over the wire for a portal page with everything it loads


def test_a_name_changes_with_its_content(tmp_path):
    (tmp_path / "a.css").write_text("a{}")
    first = assets._load("a.css", tmp_path, {}).path
    (tmp_path / "a.css").write_text("b{}")
    assert re.fullmatch(r"/static/a\.[0-9a-f]{8}\.css", first)
    assert assets._load("a.css", tmp_path, {}).path != first


def test_a_reference_changes_the_name_of_what_refers(tmp_path):
    (tmp_path / "i.svg").write_text("<svg/>")
    (tmp_path / "a.css").write_text('a{background:url("i.svg")}')
    first = assets._load("a.css", tmp_path, {})
    assert re.search(rb'url\("i\.[0-9a-f]{8}\.svg"\)', first.content)
    (tmp_path / "i.svg").write_text("<svg></svg>")
    assert assets._load("a.css", tmp_path, {}).path != first.path


def test_modules_import_each_other_by_hashed_names(tmp_path):
    (tmp_path / "x.js").write_text("export const x = 1;")
    (tmp_path / "a.js").write_text('import { x } from "./x.js";')
    assert re.search(rb'from "\./x\.[0-9a-f]{8}\.js"', assets._load("a.js", tmp_path, {}).content)


def test_every_reference_in_our_stylesheets_is_found():
    for asset in assets.assets().values():
        if asset.type.startswith("text/css"):
            for name in re.findall(r'url\("([^"]+)"\)', asset.content.decode()):
                assert f"/static/{name}" in assets.by_path()


def test_an_asset_is_compressed_once_and_reads_the_same():
    asset = assets.assets()["base.css"]
    assert gzip.decompress(asset.as_gzip) == asset.content
    assert asset.as_gzip is asset.as_gzip


def test_the_portals_assets_leave_room_for_the_page():
    names = ("base.css", "portal.css", "portal.js", "icons.svg", "icon.svg", "chevron.svg")
    assert sum(len(assets.assets()[name].as_gzip) for name in names) < BUDGET - 8_000
