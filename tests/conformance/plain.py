"""Plain requests, for what the SDK would never send."""

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True)
class Answer:
    """Status, headers with names in lower case, and the body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        found: dict[str, Any] = self.json["error"]
        return found


class Raw:
    """Sends one request a connection; parameters are pairs or text that is already encoded."""

    def __init__(self, url: str, key: str) -> None:
        self.host = urlsplit(url).netloc
        self.key = key

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, "", headers)

    def post(self, path: str, params: dict[str, Any] | str = "", **headers: str) -> Answer:
        return self.send("POST", path, params, headers)

    def delete(self, path: str, **headers: str) -> Answer:
        return self.send("DELETE", path, "", headers)

    def send(self, verb: str, path: str, params: dict[str, Any] | str, headers: dict[str, str]) -> Answer:
        """`headers` are spelt with underscores; an empty value leaves the header out."""
        connection = http.client.HTTPConnection(self.host, timeout=60)
        given = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/x-www-form-urlencoded"}
        given |= {name.replace("_", "-").title(): value for name, value in headers.items()}
        text = params if isinstance(params, str) else urlencode(params)
        try:
            sent = {name: value for name, value in given.items() if value}
            connection.request(verb, path, body=text or None, headers=sent)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read())
        finally:
            connection.close()
