"""What persons add to sites and checks, one module per noun."""

from gis_projects.sites.models.reviews import Attachment, Mark, Review, SignOff, SignOffWithdrawal

__all__ = ["Attachment", "Mark", "Review", "SignOff", "SignOffWithdrawal"]
