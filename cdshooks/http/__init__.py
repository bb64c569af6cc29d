"""The HTTP face: the only importers of Flask, the only place that knows statuses."""
