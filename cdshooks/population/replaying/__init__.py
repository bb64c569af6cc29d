"""The rules asked again as of earlier days: how often they would have spoken, and of what."""
