"""Derived states: who the patient is, what is in use, what was decided."""
