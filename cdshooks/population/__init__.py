"""Many patients at once: reading an export, and asking the rules about each of them."""
