"""What ASGI calls its parts, for the few places that speak it without the web framework.

await app(scope, receive, send)
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

Connection: TypeAlias = dict[str, Any]
Message: TypeAlias = dict[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Connection, Receive, Send], Awaitable[None]]
