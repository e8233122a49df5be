"""A response that is sent in pieces, as fast as its client takes them, and counts against a budget until then."""

import weakref

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hondo.web.security.limits import AnswerBudget

_PIECE = 2**17  # bytes


class CountedAnswer(Response):
    """The same status, headers and body as another response; refused with 429 where the budget is used up."""

    def __init__(self, response: Response, budget: AnswerBudget) -> None:
        budget.take(len(response.body))
        self._give_back = weakref.finalize(self, budget.give_back, len(response.body))
        self.status_code, self.background = response.status_code, response.background
        self.raw_headers, self.body = response.raw_headers, response.body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the body in pieces: the server waits between them while the client does not read."""
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            view = memoryview(self.body)
            for start in range(0, len(view), _PIECE):
                await send({
                    "type": "http.response.body", "body": bytes(view[start : start + _PIECE]), "more_body": True,
                })  # fmt: skip
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._give_back()
