"""The page in a real headless Chromium: drop, look, move, download."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(driver: Any) -> Iterator[Any]:
    """A browser without WebGL: the server draws the planes."""
    options = ["--no-sandbox", "--disable-gpu", "--disable-3d-apis"]
    opened = driver.chromium.launch(executable_path=CHROMIUM, args=options)
    yield opened
    opened.close()


@pytest.fixture(params=["phone-light", "wide-dark"])
def page(request: Any, browser: Any, server: str) -> Iterator[Any]:
    width, scheme = request.param.split("-")
    size = {"width": 390 if width == "phone" else 1440, "height": 900}
    context = browser.new_context(viewport=size, color_scheme=scheme)
    opened = context.new_page()
    asked: list[str] = []
    errors: list[str] = []
    opened.on("request", lambda r: asked.append(r.url))
    opened.on("pageerror", lambda e: errors.append(str(e)))
    opened.goto(server)
    opened.locator("#model option").nth(1).wait_for(state="attached")
    yield opened
    if folder := os.environ.get("MRITUMOR_SCREENSHOTS"):
        name = f"{request.node.name}.png".replace("/", "_")
        opened.screenshot(path=Path(folder) / name, full_page=True)
    wide = opened.evaluate("document.documentElement.scrollWidth - innerWidth")
    context.close()
    assert wide <= 0, "the page scrolls sideways"
    assert all(u.startswith((server, "blob:", "data:")) for u in asked)
    assert not errors


def drop(page: Any, path: Path, model: str) -> None:
    """Drop a file on the page as a hand would, and wait for the result."""
    data = page.evaluate_handle(
        """([name, bytes]) => { const t = new DataTransfer();
        t.items.add(new File([new Uint8Array(bytes)], name)); return t; }""",
        [path.name, list(path.read_bytes())],
    )
    page.dispatch_event("#drop", "drop", {"dataTransfer": data})
    page.select_option("#model", model)
    page.click("#send")
    page.wait_for_selector("#result:not([hidden])", timeout=60_000)


def downloaded(page: Any, kind: str) -> bytes:
    with page.expect_download(timeout=60_000) as waiting:
        page.click(f"#get-{kind}")
    return Path(waiting.value.path()).read_bytes()


def shown(page: Any, selector: str, tmp_path: Path) -> np.ndarray:
    # No wait_for_function: it evaluates strings, which the page's policy forbids.
    loaded = "i => i.complete && i.naturalWidth > 0"
    for _ in range(200):
        if page.locator(selector).evaluate(loaded):
            break
        page.wait_for_timeout(50)
    else:
        pytest.fail(f"{selector} shows nothing")
    path = tmp_path / "shown.png"
    page.locator(selector).screenshot(path=path)
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def is_red(rgb: np.ndarray) -> bool:
    return bool(((rgb[..., 0] - rgb[..., 1:].max(-1)) > 100).sum() > 20)


def test_a_picture_with_border_bars_and_heat(
    page: Any, picture: Path, tmp_path: Path
) -> None:
    drop(page, picture, "figshare_segmentation")
    assert is_red(shown(page, "#outline", tmp_path))
    assert downloaded(page, "mask")[:4] == b"\x89PNG"
    assert b"<html" in downloaded(page, "report")
    drop(page, picture, "figshare_classification")
    assert page.locator("#bars meter").count() == 3
    before = page.get_attribute("#outline", "src")
    page.focus("#heat")
    page.keyboard.press("Space")
    assert page.get_attribute("#outline", "src") != before
    shown(page, "#outline", tmp_path)


def test_a_volume_with_planes_that_move(
    page: Any, volume: Path, tmp_path: Path
) -> None:
    drop(page, volume, "figshare_segmentation")
    before = shown(page, "#plane-axial", tmp_path)
    assert is_red(before)
    source = page.get_attribute("#plane-sagittal", "src")
    page.focus("#slider-sagittal")
    page.keyboard.press("ArrowLeft")
    assert page.get_attribute("#plane-sagittal", "src") != source
    coronal = page.input_value("#slider-coronal")
    page.click("#plane-axial", position={"x": 20, "y": 20})
    assert page.input_value("#slider-coronal") != coronal
    page.focus("#high")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert "high=1&" in page.get_attribute("#plane-axial", "src")
    assert downloaded(page, "nifti")[:2] == b"\x1f\x8b"


def test_heat_map_on_the_planes(page: Any, volume: Path, tmp_path: Path) -> None:
    drop(page, volume, "figshare_classification+figshare_segmentation")
    assert page.locator("#bars meter").count() == 3
    before = shown(page, "#plane-axial", tmp_path)
    page.check("#heat")
    page.get_by_text("The heat map is ready.").wait_for(timeout=60_000)
    assert "heat=true" in page.get_attribute("#plane-axial", "src")
    assert not np.array_equal(before, shown(page, "#plane-axial", tmp_path))


def test_a_dicom_zip_gives_a_segmentation_object(page: Any, dicom_zip: Path) -> None:
    drop(page, dicom_zip, "figshare_segmentation")
    assert downloaded(page, "dicom_seg")[128:132] == b"DICM"


def test_a_bad_file_is_told(page: Any, tmp_path: Path) -> None:
    path = tmp_path / "slice.png"
    path.write_bytes(b"no picture")
    page.set_input_files("#files", path)
    page.click("#send")
    page.wait_for_selector("#status.bad", timeout=60_000)
    assert "slice.png" in page.inner_text("#status")


SOFTWARE = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


def painted(page: Any, tmp_path: Path) -> np.ndarray:
    path = tmp_path / "space.png"
    page.locator("#space").screenshot(path=path)
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def waits_for(page: Any, asked: Any) -> None:
    for _ in range(300):
        if asked():
            return
        page.wait_for_timeout(100)
    pytest.fail("it never came")


def test_niivue_draws_planes_and_space(
    driver: Any, server: str, sequences: list[Path], tmp_path: Path
) -> None:
    if not httpx.get(f"{server}/models").json()["viewer"]:
        pytest.skip("NiiVue is not installed: mritumor serve --install-viewer")
    options = ["--no-sandbox", *SOFTWARE]
    browser = driver.chromium.launch(executable_path=CHROMIUM, args=options)
    page = browser.new_page(viewport={"width": 390, "height": 500})
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url))
    page.goto(server)
    page.set_input_files("#files", sequences)
    page.select_option("#model", "brats_segmentation")
    page.click("#send")
    page.wait_for_selector("#result:not([hidden])", timeout=60_000)
    waits_for(page, lambda: painted(page, tmp_path).max() > 100)
    coloured = lambda: np.ptp(painted(page, tmp_path), axis=-1) > 60  # noqa: E731
    waits_for(page, lambda: coloured().sum() > 50)
    assert page.is_checked("#here") and page.is_hidden("#plane-axial")
    before = painted(page, tmp_path)
    page.focus("#slider-sagittal")
    for _ in range(9):
        page.keyboard.press("ArrowLeft")
    waits_for(page, lambda: not np.array_equal(before, painted(page, tmp_path)))
    page.uncheck("#here")
    assert "axial" in page.get_attribute("#plane-axial", "src")
    assert page.is_hidden("#space")
    browser.close()
    assert all(u.startswith((server, "blob:", "data:")) for u in asked)
