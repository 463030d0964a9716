"""Rules as dated data: reading a rulebook file, publishing it, and finding the one that applies on a day.

The legal text behind each rule, its dates and its tolerances stand in the file; the engine only evaluates
:class:`siting.engine.rules.RuleSpec`. A published version never changes: another content needs another number.
"""

from siting.rulebook.comparison import RuleChanges, changes, fields_changed
from siting.rulebook.facts import given_facts, still_asked
from siting.rulebook.publishing import DEFAULT_PATH, DEFAULT_PATHS, parse, publish, publish_defaults, read
from siting.rulebook.selection import NoRulebook, PinnedRulebook, in_force, pinned

__all__ = [
    "DEFAULT_PATH",
    "DEFAULT_PATHS",
    "NoRulebook",
    "PinnedRulebook",
    "RuleChanges",
    "changes",
    "fields_changed",
    "given_facts",
    "in_force",
    "parse",
    "pinned",
    "publish",
    "publish_defaults",
    "read",
    "still_asked",
]
