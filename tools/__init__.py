"""Tools of the developers: documents from code, benchmark, mutation testing."""
