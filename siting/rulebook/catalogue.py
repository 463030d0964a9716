"""What rules can be about: the layers with their classes and attributes, as a draft is held against them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import layers.queries
from layers.browsing.fields import Field, fields
from layers.models import Layer
from layers.standards import code_list


@dataclass(frozen=True)
class CataloguedLayer:
    """A layer of the catalogue.

    ``kind`` is "vector" or "raster". ``class_names`` are the labels by code of its newest version, and of the code
    list of its ``class_system`` where there is one; ``attributes`` the fields of that version's features.
    ``published`` says whether it has one.
    """

    code: str
    name: str
    kind: str
    theme: str = ""
    authority: str = ""
    class_system: str = ""
    class_names: Mapping[str, str] = field(default_factory=dict)
    attributes: tuple[Field, ...] = ()
    published: bool = True


Catalogue = Mapping[str, CataloguedLayer]


def catalogue(codes: Collection[str] | None = None) -> dict[str, CataloguedLayer]:
    """Read the catalogue, or some of its layers, in the catalogue's order."""
    rows = Layer.objects.all() if codes is None else Layer.objects.filter(code__in=list(codes))
    known = {layer.code: layer for layer in rows}
    versions = layers.queries.current(known)
    result = {}
    for code, layer in known.items():
        version = versions.get(code)
        system = version.class_system if version else layer.class_system
        # A class that no feature has yet is a class all the same, where the system's codes are known.
        listed = code_list(system) if system else None
        named = version.class_names if version else layer.class_names
        result[code] = CataloguedLayer(
            code=code,
            name=layer.name,
            kind=layer.kind,
            theme=layer.theme,
            authority=layer.authority,
            class_system=system,
            class_names={**(listed.codes if listed else {}), **named},
            attributes=fields(version, layer.standard) if version and version.kind == "vector" else (),
            published=version is not None,
        )
    return result
