"""What is heard of a session, from its opening to its end."""

from __future__ import annotations

import asyncio

from .._chassis.grid import SECOND
from .._chassis.retry import Refused
from .exchange import Notice, Registered
from .refusal import Refusal, classify
from .submission import Hold
from .trader import Stream, Trader

#: The session is open; the trader says something; or it could not be opened, or has ended, and nothing
#: comes after that.
Heard = Registered | Notice | Refusal


class Link:
    """A session with the trader, opened after a pause."""

    def __init__(self, trader: Trader, hold: Hold | None, pause: int) -> None:
        self._trader = trader
        self._hold = hold
        self._pause = pause
        self._stream: Stream | None = None

    async def next(self) -> Heard:
        """What comes next."""
        try:
            if self._stream is not None:
                return await self._stream.notice()
            await asyncio.sleep(self._pause / SECOND)
            self._stream = self._trader.open(self._hold)
            return await self._stream.first()
        except Refused as refused:
            self.close()
            return Refusal(classify(refused.status), refused.status.message)

    def close(self) -> None:
        """Ends it."""
        if self._stream is not None:
            self._stream.close()
