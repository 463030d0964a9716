"""Whatever a room tells the desk to be done has a name there: read out of the code, not of what happens to wait."""

from __future__ import annotations

import ast
from pathlib import Path

import gis_projects
from gis_projects.desk.queries.todo import kinds

ROOT = Path(gis_projects.__file__).parent


def told(module: ast.Module) -> set[str]:
    """Every kind that a module's calls of ``Waiting`` can give."""
    found: set[str] = set()
    constants = {
        target.id: node.value
        for node in module.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }

    def resolve(value: ast.expr, inside: ast.FunctionDef) -> None:
        if isinstance(value, ast.Constant):
            found.add(str(value.value))
        elif isinstance(value, ast.IfExp):
            resolve(value.body, inside)
            resolve(value.orelse, inside)
        elif isinstance(value, ast.Name) and value.id in (names := [arg.arg for arg in inside.args.args]):
            for caller, call in calls(inside.name):
                given = {keyword.arg: keyword.value for keyword in call.keywords}
                resolve(given.get(value.id) or call.args[names.index(value.id)], caller)
        else:
            assert isinstance(value, ast.Name), ast.dump(value)
            resolve(constants[value.id], inside)

    def calls(name: str) -> list[tuple[ast.FunctionDef, ast.Call]]:
        return [
            (function, node)
            for function in ast.walk(module)
            if isinstance(function, ast.FunctionDef)
            for node in ast.walk(function)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
        ]

    for function, call in calls("Waiting"):
        [kind] = [keyword.value for keyword in call.keywords if keyword.arg == "kind"]
        resolve(kind, function)
    return found


def test_every_kind_of_to_do_has_a_name():
    texts = [path.read_text() for path in ROOT.rglob("*.py")]
    found = {kind for text in texts if "Waiting(" in text for kind in told(ast.parse(text))}
    assert found >= {
        "library.change",
        "library.acceptance",
        "library.change_returned",
        "library.rectify",
        "opinion",
    }
    assert found - set(kinds()) == set()
