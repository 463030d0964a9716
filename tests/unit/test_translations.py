"""The English side is whole: every text that people may read has its English, with the same places in it."""

from __future__ import annotations

import gettext as catalogues
import re
import subprocess
from pathlib import Path

import pytest
from django.utils import translation

from gis_projects import sentences
from gis_projects.problems import notice_error
from layers.notices import Notice as LayerNotice
from siting.engine.crs import DeclaredCrs
from siting.engine.notices import Notice

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "gis_projects/locale/en/LC_MESSAGES/django.po"
HAN = re.compile("[\u3400-\u9fff]")
PLACES = re.compile(r"%\(\w+\)[a-z]")
#: Words of a file that an English sentence names as they stand there.
AS_IN_FILES = ("[地块坐标]", "面 (polygon)")
SCRIPT_TEXT = re.compile(r'^  ("(?:[^"\\]|\\.)*"): ("(?:[^"\\]|\\.)*"),$', re.MULTILINE)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory) -> Path:
    """A folder of compiled catalogues, from the catalogue as it is now."""
    folder = tmp_path_factory.mktemp("locale")
    (folder / "en/LC_MESSAGES").mkdir(parents=True)
    target = folder / "en/LC_MESSAGES/django.mo"
    done = subprocess.run(
        ["msgfmt", "--check", "--output", str(target), str(CATALOGUE)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def english_of(compiled) -> dict[str, list[str]]:
    """Each message id with its English texts (one for each plural form)."""
    with (compiled / "en/LC_MESSAGES/django.mo").open("rb") as file:
        catalogue = catalogues.GNUTranslations(file)._catalog
    found: dict[str, list[str]] = {}
    for key, text in catalogue.items():
        found.setdefault(key[0] if isinstance(key, tuple) else key, []).append(text)
    del found[""]
    return found


@pytest.fixture
def english(compiled, settings):
    settings.LOCALE_PATHS = [compiled]
    with translation.override("en"):
        yield


@pytest.fixture(scope="module")
def collected(tmp_path_factory) -> Path:
    template = tmp_path_factory.mktemp("messages") / "django.pot"
    subprocess.run([ROOT / "scripts/messages", "--only", str(template)], check=True, capture_output=True)
    return template


def test_everything_that_is_said_has_its_english(collected):
    # Fails for a text that the catalogue lacks, and for one without or with doubtful English.
    compared = subprocess.run(["msgcmp", str(CATALOGUE), str(collected)], capture_output=True, text=True)
    assert compared.returncode == 0, f"make messages, then translate:\n{compared.stderr}"


@pytest.mark.parametrize(
    "text",
    [
        "合规检查",  # a template
        "没有这样的对象，或者您无权查看。",  # python that knows a request
        "地块 %(plot)s 没有界址点",  # a notice of the engine, said by a helper
        "zip 中没有 .shp、.gdb 或 .kml，看起来是%(kind)s。",  # of a refusal
        "一般的压缩包",  # a word that stands in a notice
        "要素超过 %(limit)d 个。",  # of a table of notices
        "文件中有批注，公开前请删除批注",  # of such a table above the lower floors
        "视频须有且只有一路画面",
        "占用永久基本农田",  # a rule
        "是否排放污染物？",  # a question
        "自然资源主管部门",
    ],
)
def test_every_kind_of_text_is_collected(collected, text):
    assert f'msgid "{text}"' in collected.read_text(encoding="utf-8")


def test_the_law_stays_as_it_is_named(collected):
    assert "中华人民共和国" not in collected.read_text(encoding="utf-8")


def test_english_has_the_same_places(english_of):
    for text, versions in english_of.items():
        for version in versions:
            assert sorted(PLACES.findall(version)) == sorted(PLACES.findall(text)), text


def test_english_has_no_chinese_in_it(english_of):
    assert len(english_of) > 800
    for versions in english_of.values():
        for version in versions:
            for word in AS_IN_FILES:
                version = version.replace(word, "")
            assert not HAN.search(version), version


def test_scripts_have_both_languages():
    chinese, english = (
        dict(SCRIPT_TEXT.findall((ROOT / f"frontend/src/core/{name}.ts").read_text(encoding="utf-8")))
        for name in ("zh", "en")
    )
    assert len(chinese) > 150
    assert set(english) == set(chinese)
    for key, text in english.items():
        assert not HAN.search(text), key
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", chinese[key])), key


@pytest.mark.parametrize("epsg", [4490, *range(4491, 4555)])
def test_a_coordinate_system_is_called_in_chinese_what_the_engine_calls_it(epsg):
    crs = DeclaredCrs(epsg)
    with translation.override("zh-hans"):
        assert sentences.crs_label(crs) == crs.label


def test_a_coordinate_system_in_english(english):
    assert sentences.crs_label(DeclaredCrs(4525)) == "CGCS2000 / Gauss-Krüger 3° zones, zone 37"
    assert sentences.crs_label(DeclaredCrs(4546)) == "CGCS2000 / Gauss-Krüger 3° zones, central meridian 111°"


def test_a_refusal_in_english(english):
    told = notice_error(Notice("no-points", "地块 %(plot)s 没有界址点", {"plot": "南区"}, line=3))
    assert (told["message"], told["line"]) == ("Plot 南区 has no boundary points", 3)


def test_a_word_in_a_refusal_is_english_too(english):
    notice = LayerNotice(
        "not-a-layer", "zip 中没有 .shp、.gdb 或 .kml，看起来是%(kind)s。", {"kind": "一般的压缩包"}
    )
    assert (
        sentences.sentence(notice)
        == "There is no .shp, .gdb or .kml in the zip; it looks like an ordinary archive."
    )


def test_nothing_is_not_a_word(english):
    assert sentences.word("") == ""
    assert sentences.word(7) == 7
