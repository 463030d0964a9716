"""The nouns of the desk, one module each."""

from gis_projects.desk.models.duties import Deadline, Duty
from gis_projects.desk.models.instructions import Instruction, InstructionTask, Reply, ReplyKind, TaskState
from gis_projects.desk.models.notices import SITE_KINDS, Kind, Mail, Notice, Preference

__all__ = [
    "SITE_KINDS",
    "Deadline",
    "Duty",
    "Instruction",
    "InstructionTask",
    "Kind",
    "Mail",
    "Notice",
    "Preference",
    "Reply",
    "ReplyKind",
    "TaskState",
]
