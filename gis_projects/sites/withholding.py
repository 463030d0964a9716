"""What a check tells someone who may not read every layer that it read.

A check asks all layers of the rulebook, whoever runs it: leaving the confidential ones out would pass for clear. So the
verdict, each finding with its rule, its severity and how much of the site it concerns, and each rule that was not
checked stay: they are about the reader's own ground, and what the law asks of it. What is the layer's own is withheld:
shapes, features, classes, name, version, root hash, and the reason why it couldn't be asked.

The certificate as signed goes only to those who may read all of it. What others get names its digest, bears no
signature, and says in ``withheld`` whose content is missing.
"""

from __future__ import annotations

from typing import Any

from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, ScopePaths, visible
from layers.models import Layer
from siting.checks import PRESENT_LAND_LAYER
from siting.engine.notices import Notice

LAYER_SCOPE = ScopePaths(secrecy="secrecy")
_NOTICE = Notice("layers-withheld", "本检查用到涉密图层，其图形、要素和版本不予显示")
_REASON = Notice("layer-withheld", "所用图层涉密，未检查的原因不予显示")


def for_reader(user: User, document: dict[str, Any]) -> dict[str, Any]:
    """A check's document (sealed or not) as the user may have it: itself, where they may read all its layers."""
    asked = {
        *document["manifest"],
        *(item["layer"] for item in document["findings"] + document["not_checked"]),
    }
    hidden = asked - readable(user, asked)
    if not hidden:
        return document
    shown = {name: value for name, value in document.items() if name not in ("signature", "key")}
    shown["manifest"] = {code: entry for code, entry in document["manifest"].items() if code not in hidden}
    shown["findings"] = [
        {name: value for name, value in finding.items() if name != "measure"}
        | {"features": [], "classes": [], "count": 0, "geometry": None}
        | {"reason": None if finding["reason"] is None else _data(_REASON)}  # it names features
        if finding["layer"] in hidden
        else finding
        for finding in document["findings"]
    ]
    shown["not_checked"] = [
        {**item, "reason": _data(_REASON)} if item["layer"] in hidden else item
        for item in document["not_checked"]
    ]
    if PRESENT_LAND_LAYER in hidden:
        shown["present_land"] = None
    warnings = [*document["site"]["warnings"], _data(_NOTICE)]
    shown["site"] = {**document["site"], "warnings": warnings}
    return shown | {"withheld": sorted(hidden)}


def remarks(document: dict[str, Any]) -> tuple[Notice, ...]:
    """What to say beside a document of `for_reader` where something of it is withheld."""
    return (_NOTICE,) if document.get("withheld") else ()


def readable(user: User, codes: set[str]) -> set[str]:
    """Of these layers, those that the user may know of; one that isn't here has nothing to be kept from anybody."""
    known = Layer.objects.filter(code__in=codes)
    readable = visible(user, Permission.READ_LAYERS, known, LAYER_SCOPE)
    missing = codes - set(known.values_list("code", flat=True))
    return missing | set(readable.values_list("code", flat=True))


def _data(notice: Notice) -> dict[str, Any]:
    return {
        "code": notice.code,
        "text": str(notice),
        "template": notice.template,
        "params": {},
        "line": None,
        "field": None,
        "place": None,
    }
