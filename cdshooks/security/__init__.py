"""Who may call, and which addresses may be called: allow-lists and nothing else."""
