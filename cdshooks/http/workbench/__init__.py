"""The workbench at ``/``: example patients, draft orders, and the cards that they bring.

Only a demo has it. It plays the EHR: every card on it comes from a request to this
service's own endpoint, and what is done with a card goes to the feedback endpoint.
"""

from cdshooks.http.workbench.routes import blueprint

__all__ = ["blueprint"]
