"""Field standards and code lists as data: what columns a layer's file should have, and what its codes mean.

The same code means different things in different systems (05 is commerce in the land survey and wetland in planning),
so a list is always asked for by its system. Where a fact is from stands in the files: [V] read in a public source,
[O] general knowledge, [P] our own choice.
"""

from layers.standards.codes import CLASSIFICATIONS, CodeList, code_list, code_lists
from layers.standards.fields import Field, Standard, all_standards, get
from layers.standards.mapping import apply, propose_mapping

all = all_standards

__all__ = [
    "CLASSIFICATIONS",
    "CodeList",
    "Field",
    "Standard",
    "all",
    "apply",
    "code_list",
    "code_lists",
    "get",
    "propose_mapping",
]
