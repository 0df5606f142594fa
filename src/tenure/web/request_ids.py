"""The id of one request, on every answer, in every log line about it, and on the events that it caused."""

import secrets
import time

from tenure.domain.ids import RANDOM_BYTES, new_id


def new_request_id() -> str:
    """An id that sorts by time: `req_…`."""
    return new_id("req_", time.time_ns() // 1_000_000, secrets.token_bytes(RANDOM_BYTES))
