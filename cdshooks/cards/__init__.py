"""CDS Hooks cards from what rules concluded."""

from cdshooks.cards.build import EXTENSION, Card, cards

__all__ = ["EXTENSION", "Card", "cards"]
