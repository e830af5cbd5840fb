"""Bodies that are too large are refused while they come in, not afterwards."""

from __future__ import annotations

from typing import Any

from fastapi import HTTPException
from fastapi.responses import JSONResponse

from mritumor.web.uploads import too_large

SLACK = 1 << 16  # multipart's own lines

POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; "
    "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; "
    "connect-src 'self' blob: data:; font-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]


class Guard:
    """ASGI middleware: a limit for bodies, and headers that keep a page to itself.

    Args:
        app: what is guarded.
        most: bytes of files in a request.
    """

    def __init__(self, app: Any, most: int) -> None:
        self.app = app
        self.most = most

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def answer(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *HEADERS]}
            await send(message)

        told = dict(scope["headers"]).get(b"content-length", b"0")
        if told.isdigit() and int(told) > self.most + SLACK:
            response = JSONResponse({"detail": too_large(self.most).sentence}, 413)
            return await response(scope, receive, answer)
        await self.app(scope, self._counted(receive), answer)
        return None

    def _counted(self, receive: Any) -> Any:
        size = 0

        async def counted() -> Any:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self.most + SLACK:
                raise HTTPException(413, too_large(self.most).sentence)
            return message

        return counted
