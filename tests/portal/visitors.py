"""A browser without a screen: follows redirects, keeps cookies, fills in forms; and the shop that it visits.

shop = Shop(client)               product, price and coupon through the official SDK
visitor = Visitor(server.url)     visitor.open(shop.link(customer)); visitor.press("confirm")
"""

import html
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import requests
import stripe

REASONS = [
    "too_expensive", "missing_features", "switched_service", "unused", "customer_service", "too_complex",
    "low_quality", "other",
]  # fmt: skip
RETURN = "https://app.halyard.example/account"


class Shop:
    """A merchant's catalog, made through the API."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self.api: Any = client.v1
        self.product = self.api.products.create({"name": "Studio"})
        recurring = {"interval": "month"}
        self.price = self.api.prices.create(
            {"product": self.product.id, "currency": "eur", "unit_amount": 2900, "recurring": recurring}
        )

    def coupon(self, **given: Any) -> Any:
        terms = {"percent_off": 25, "duration": "repeating", "duration_in_months": 3}
        return self.api.coupons.create(terms | given)

    def customer(self, **given: Any) -> Any:
        return self.api.customers.create({"name": "Ada Moreau", "email": "ada@moreau.example"} | given)

    def subscription(self, customer: Any, **given: Any) -> Any:
        return self.api.subscriptions.create({"customer": customer.id, "items": [{"price": self.price.id}]} | given)

    def configuration(self, *, ask: str | None = "after", **cancel: Any) -> Any:
        reason = {"enabled": ask is not None, "options": REASONS} | ({"ask": ask} if ask else {})
        features = {"subscription_cancel": {"enabled": True, "cancellation_reason": reason} | cancel}
        return self.api.billing_portal.configurations.create({"features": features})

    def link(self, customer: Any, configuration: Any = None, **given: Any) -> str:
        chosen = {"configuration": configuration.id} if configuration else {}
        session = self.api.billing_portal.sessions.create({"customer": customer.id} | chosen | given)
        return str(session.url)

    def deep_link(self, subscription: Any, configuration: Any = None, *, retention: Any = None, **flow: Any) -> str:
        task = {"subscription": subscription.id} | ({"retention": retention} if retention else {})
        data = {"type": "subscription_cancel", "subscription_cancel": task} | flow
        chosen = {"configuration": configuration.id} if configuration else {}
        made = {"customer": subscription.customer, "return_url": RETURN, "flow_data": data} | chosen
        return str(self.api.billing_portal.sessions.create(made).url)

    def now(self, subscription: Any) -> Any:
        """The subscription as it is now."""
        return self.api.subscriptions.retrieve(subscription.id)

    def events(self, subscription: Any) -> list[Any]:
        """What happened to the subscription, oldest first."""
        found = self.api.events.list({"limit": 100}).data
        return [event for event in reversed(found) if event.data.object["id"] == subscription.id]


@dataclass
class Form:
    """A form and its buttons, as they stand in a page."""

    action: str
    fields: dict[str, str]
    buttons: list[dict[str, str]]


@dataclass
class Visitor:
    """One browser; `page` is the last answer."""

    base: str
    language: str = "en-US"
    http: requests.Session = field(default_factory=requests.Session)
    page: requests.Response = field(init=False)

    def get(self, path: str) -> "Visitor":
        return self._ask("GET", urljoin(self.base, path))

    def open(self, link: str) -> "Visitor":
        """Open a portal link and go through its landing page."""
        self.get(link)
        if self.forms() and self.forms()[0].action == "/p/session":
            self.submit(self.forms()[0])
        return self

    def post(self, path: str, fields: dict[str, str] | None = None, **headers: str) -> "Visitor":
        return self._ask("POST", urljoin(self.base, path), data=fields or {}, headers=headers)

    def press(self, testid: str, **fields: str) -> "Visitor":
        """Press the button with this test id, with these fields filled in."""
        for form in self.forms():
            for button in form.buttons:
                if button.get("data-testid") == testid:
                    named = {button["name"]: button.get("value", "")} if "name" in button else {}
                    return self.submit(form, button.get("formaction"), **(fields | named))
        raise AssertionError(f"No button {testid!r} on {self.url}:\n{self.text}")

    def submit(self, form: Form, to: str | None = None, **fields: str) -> "Visitor":
        return self.post(to or form.action, form.fields | fields)

    def forms(self) -> list[Form]:
        found = []
        for attributes, inner in re.findall(r"<form([^>]*)>(.*?)</form>", self.page.text, re.S):
            hidden = [_attributes(each) for each in re.findall(r"<input([^>]*)>", inner)]
            fields = {each["name"]: each["value"] for each in hidden if each.get("type") == "hidden"}
            buttons = [_attributes(each) for each in re.findall(r"<button([^>]*)>", inner)]
            found.append(Form(_attributes(attributes)["action"], fields, buttons))
        return found

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.base)

    @property
    def url(self) -> str:
        return self.page.url

    @property
    def status(self) -> int:
        return self.page.status_code

    @property
    def text(self) -> str:
        """The words of the page."""
        body = re.sub(r"<head>.*?</head>", "", self.page.text, flags=re.S)
        words = html.unescape(re.sub(r"<[^>]+>", " ", body)).replace("\u00a0", " ")
        return re.sub(r"\s+", " ", words).strip()

    @property
    def heading(self) -> str:
        found = re.search(r"<h1[^>]*>(.*?)</h1>", self.page.text, re.S)
        return html.unescape(found[1]).strip() if found else ""

    def _ask(self, method: str, url: str, **given: Any) -> "Visitor":
        headers = {"Accept-Language": self.language} | given.pop("headers", {})
        self.page = self.http.request(method, url, headers=headers, timeout=20, **given)
        return self


def _attributes(text: str) -> dict[str, str]:
    pairs = re.findall(r'([\w-]+)(?:="([^"]*)")?', text)
    return {name: html.unescape(value) for name, value in pairs}
