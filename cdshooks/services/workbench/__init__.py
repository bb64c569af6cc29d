"""What the workbench of the demo shows and does, without a word of HTTP or HTML."""
