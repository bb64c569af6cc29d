"""How are facts of one kind, recorded in several places, read as one?"""

from cdshooks.rules.authoring import Entries, failed_in


def merged(label: str, *found: Entries) -> Entries:
    """All entries together; whole only where each of the places was read to its end."""
    return Entries(
        items=tuple(entry for entries in found for entry in entries),
        whole=all(entries.whole for entries in found),
        failed=failed_in(*found),
        label=label,
    )
