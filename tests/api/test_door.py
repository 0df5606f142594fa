"""Addresses find their operations, and what is no proper request changes nothing."""

import http.client
import socket

import pytest
import requests
import stripe

from tests.support.server import Server


def test_an_address_of_its_own_goes_before_an_id(server: Server):
    error = requests.get(f"{server.url}/v1/prices/search", auth=(server.key(), ""), timeout=20).json()["error"]
    assert error["param"] == "query"


@pytest.mark.parametrize(
    ("verb", "path"),
    [("PUT", "/v1/customers"), ("POST", "/v1/prices/search"), ("GET", "/v1"), ("GET", "/v1/customers/a/b/c")],
)
def test_an_unknown_address_or_verb_is_told_in_stripes_words(server: Server, verb: str, path: str):
    answer = requests.request(verb, server.url + path, timeout=20)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"].startswith(f"Unrecognized request URL ({verb}: {path}).")
    assert answer.headers["Request-Id"].startswith("req_")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_an_address_tells_its_verbs(server: Server):
    answer = requests.options(f"{server.url}/v1/customers", timeout=20)
    assert (answer.status_code, answer.headers["Allow"], answer.content) == (200, "GET, POST", b"")


def test_two_keys_in_one_request_are_none(server: Server):
    asking = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    asking.putrequest("GET", "/v1/customers")
    for _ in range(2):
        asking.putheader("Authorization", f"Bearer {server.key()}")
    asking.endheaders()
    assert asking.getresponse().status == 401
    asking.close()


def test_a_body_that_breaks_off_makes_nothing(server: Server, client: stripe.StripeClient):
    body = b"email=broken@example.com"
    head = f"POST /v1/customers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.key()}\r\nContent-Length: "
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as whole:
        whole.sendall(f"{head}{len(body)}\r\n\r\n".encode() + body)
        assert whole.recv(15) == b"HTTP/1.1 200 OK"
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as half:
        half.sendall(f"{head}{len(body) + 100}\r\n\r\n".encode() + body)
    found = client.v1.customers.list({"email": "broken@example.com"}).data
    assert len(found) == 1
    assert "Traceback" not in server.log
