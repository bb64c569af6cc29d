"""CDS Hooks cards from what rules concluded."""

from cdshooks.cards.build import EXTENSION, cards

__all__ = ["EXTENSION", "cards"]
