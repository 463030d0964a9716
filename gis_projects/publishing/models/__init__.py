"""The inside of disclosure: proposals, decisions, records. The public's database role reads none of it."""

from gis_projects.publishing.models.projects import Act, Decision, Proposal, PublicationRecord

__all__ = ["Act", "Decision", "Proposal", "PublicationRecord"]
