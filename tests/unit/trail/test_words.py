"""Every step says something: a verb that the code records has its sentence, with places that its data fills."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.utils import timezone

from gis_projects.trail import words
from gis_projects.trail.models import Step

ROOT = Path(__file__).resolve().parents[3] / "gis_projects"
VERB = re.compile(r"[a-z]+\.[a-z_]+")
#: Parts of the trail itself hand on verbs that others name; the readers ask for steps of a verb.
HANDS_ON = {"trail/actions.py", "trail/queries.py", "trail/chain.py"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        name = str(path.relative_to(ROOT))
        if name not in HANDS_ON and "/migrations/" not in name:
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def constants(tree: ast.AST) -> dict[str, list[str]]:
    """The texts that each name of a module is ever given, also as the default of a parameter."""
    found: dict[str, list[str]] = defaultdict(list)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found[target.id] += texts(node.value)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            found[node.target.id] += texts(node.value)
    return found


def texts(node: ast.AST) -> list[str]:
    return [
        leaf.value
        for leaf in ast.walk(node)
        if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str) and VERB.fullmatch(leaf.value)
    ]


#: Where it stands, the verbs that it may mean, as it is written, and the data.
Place = tuple[str, int, list[str], str, ast.AST | None]


@cache
def recorded() -> list[Place]:
    """Each place that names a verb; the code is read once."""
    return list(places())


def places() -> Iterator[Place]:
    for name, tree in modules():
        known = constants(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                for argument, default in zip(
                    reversed(node.args.args), reversed(node.args.defaults), strict=False
                ):
                    if argument.arg == "verb":
                        yield name, node.lineno, texts(default), "verb", None
                for argument, given in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
                    if argument.arg == "verb" and given is not None:
                        yield name, node.lineno, texts(given), "verb", None
            if not isinstance(node, ast.Call):
                continue
            given_by = {keyword.arg: keyword.value for keyword in node.keywords}
            if "verb" not in given_by:
                continue
            value = given_by["verb"]
            verbs = texts(value) + [
                verb
                for leaf in ast.walk(value)
                if isinstance(leaf, ast.Name)
                for verb in known.get(leaf.id, [])
            ]
            # whoever hands a step on to be recorded may add to its data
            whole = ast.unparse(node.func).rpartition(".")[2] == "record"
            yield name, node.lineno, verbs, ast.unparse(value), given_by.get("data") if whole else None


def test_what_is_scanned_finds_the_verbs():
    found = {verb for _, _, verbs, _, _ in recorded() for verb in verbs}
    assert len(found) >= 60
    # one each of a plain verb, a conditional one, one out of a table, a module's constant and a parameter's default
    for verb in (
        "library.register_project", "sites.release_review", "sites.request_change", "sites.revalidate",
        "atlas.stage_layer", "atlas.withdraw_layer",
    ):  # fmt: skip
        assert verb in found, verb


def test_every_recorded_verb_can_be_read_off_the_code():
    unclear = [
        f"{name}:{line}"
        for name, line, verbs, value, _ in recorded()
        if not verbs and value != "verb" and not value.endswith(".verb")
    ]
    assert not unclear, "name the verb where it is recorded, or hand it on under the name verb"


def test_every_recorded_verb_has_its_words():
    without = sorted(
        {
            f"{verb} ({name}:{line})"
            for name, line, verbs, _, _ in recorded()
            for verb in verbs
            if not words.template_of(verb)
        }
    )
    assert not without, "write the sentence into the room's words.py:\n" + "\n".join(without)


def test_words_belong_to_their_own_room():
    for label, room in words.vocabularies().items():
        for verb in [*room.words, *room.inside]:
            assert verb.partition(".")[0] == label
        assert room.inside <= set(room.words), label


def test_a_field_is_called_by_a_name_and_not_by_a_sentence():
    for label, room in words.vocabularies().items():
        for field, name in room.fields.items():
            assert "%(" not in str(name), f"{label}: {field}"


def test_the_places_of_a_sentence_are_keys_of_what_is_recorded():
    """Where the data is written out at the call, a place that it doesn't have would always read —."""
    for name, line, verbs, _, data in recorded():
        if not isinstance(data, ast.Dict) or any(key is None for key in data.keys):
            continue
        keys = {key.value for key in data.keys if isinstance(key, ast.Constant)} | {
            "verb",
            "subject",
            "actor",
        }
        for verb in verbs:
            named = set(re.findall(r"%\((\w+)\)s", words.template_of(verb) or ""))
            assert named <= keys, f"{name}:{line} {verb}: {named - keys}"


def step(verb: str, **data: object) -> Step:
    return Step(number=1, at=timezone.now(), actor="li", verb=verb, subject="library.project:1", data=data)


@pytest.mark.parametrize(
    ("verb", "data", "said"),
    [
        ("library.register_project", {"name": "东河水厂", "code": "BT-1"}, "登记项目“东河水厂”，项目代码 BT-1"),
        ("library.register_project", {"name": "100%(甲)s", "code": "BT-1"}, "登记项目“100%(甲)s”，项目代码 BT-1"),
        ("library.record_evidence", {"kind": "site", "outcome": "passed", "title": "意见"},
         "记入依据：选址论证 通过（意见）"),
        ("library.mark_disclosed", {"disclosed": True}, "记录公开状态：是"),
        ("library.mark_disclosed", {}, "记录公开状态：—"),
        ("sites.run_check", {"verdict": "prohibited"}, "运行合规检查，结论：禁止建设"),
        ("nobody.knows_this", {"a": 1}, "nobody.knows_this"),
    ],
)  # fmt: skip
def test_a_step_is_said_in_words(verb, data, said):
    assert words.sentence(step(verb, **data)) == said


def test_what_changed_is_said_field_by_field():
    found = words.changes(
        step(
            "library.revise_project",
            before={"stage": "planning", "content": "", "year": 2019},
            after={"stage": "construction", "content": "新建", "year": 2019},
        )
    )
    assert found == [
        words.Change("项目状态", "谋划", "在建"),
        words.Change("建设内容", "—", "新建"),
    ]
    assert words.changes(step("library.set_kinds", before=["key"], after=["key", "planned"])) == [
        words.Change("项目类别", "重点项目", "重点项目、规划项目")
    ]
    assert words.changes(step("library.set_kinds", before=[], after=[])) == []
    assert words.changes(step("library.attach_site", site=3)) == []


def test_files_are_named_by_their_hash_wherever_they_stand():
    a, b = "a" * 64, "b" * 64
    found = words.file_hashes(
        step("library.attach_file", name="批复.pdf", sha256=a, more=[{"source_sha256": b}], digest="c" * 64)
    )
    assert found == [words.FileHash("批复.pdf", a), words.FileHash("", b)]


def test_a_heading_is_the_sentence_before_its_places():
    assert words.heading("library.register_project") == "登记项目"
    assert words.heading("library.record_evidence") == "记入依据"
    assert words.heading("atlas.export_layer") == "导出图层要素"
    assert words.heading("people.set_roles") == "调整角色"
    assert all(title and "%" not in title for _, title in words.known_verbs())


def test_what_no_room_knows_is_for_inside_only():
    assert words.is_inside("nobody.knows_this")
    assert not words.is_inside("library.register_project")


@pytest.mark.parametrize(
    ("value", "shown"),
    [("2500000.50", "2,500,000.50"), (999, "999"), ("-12345", "-12,345"), ("未定", "未定")],
)
def test_amounts_are_read_in_groups_of_three(value, shown):
    step = Step(
        verb="library.appropriate",
        subject="library.project:1",
        data={"amount_yuan": value, "reference": "拨1234号"},
    )
    assert words.sentence(step) == f"拨付 {shown} 元（拨1234号）"
