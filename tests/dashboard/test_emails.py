"""Emails in the dashboard: the list, one with its words in a frame where nothing runs, sending again, the switches."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.dashboard.visitor import Visitor, signed_in
from tests.support.mailbox import Mailbox
from tests.support.server import Server, serving
from tests.support.wait import until

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


@pytest.fixture(scope="module")
def mailing(mailbox: Mailbox) -> Iterator[Server]:
    with serving(env=mailbox.environment) as started:
        yield started


@pytest.fixture
def owner(mailing: Server) -> Visitor:
    return signed_in(mailing)


def sent_invoice(server: Server, email: str, **customer: Any) -> Any:
    """An invoice of €5 that is sent to a new customer."""
    api: Any = server.client().v1
    made = api.customers.create({"email": email} | customer)
    api.invoice_items.create({"customer": made.id, "amount": 500, "currency": "eur"})
    terms = {"collection_method": "send_invoice", "days_until_due": 14, "pending_invoice_items_behavior": "include"}
    draft = api.invoices.create({"customer": made.id} | terms)
    return api.invoices.send_invoice(draft.id)


def mail_id(visitor: Visitor, email: str) -> str:
    """The id of the newest mail to an address, from the list."""
    row = next(row for row in visitor.shown("/emails").split("<tr>") if email in row)
    return row.split("/dashboard/emails/")[1].split('"')[0]


def test_a_mail_is_listed_shown_and_sent_again_under_the_same_id(owner: Visitor, mailing: Server, mailbox: Mailbox):
    to = "again@moreau.example"
    sent_invoice(mailing, to)
    (first,) = mailbox.wait_for(to)
    id = mail_id(owner, to)
    page = owner.shown(f"/emails/{id}")
    assert "Invoice sent" in page and to in page and "Please pay it by" in page
    assert owner.post(f"/emails/{id}/resend").headers["location"].endswith("?done=mail-resent")
    _, second = mailbox.wait_for(to, 2)
    assert second.id == first.id and id in first.id
    assert second.message["Date"] == first.message["Date"]


def test_the_preview_is_a_frame_where_nothing_can_run(owner: Visitor, mailing: Server, mailbox: Mailbox):
    to = "frame@moreau.example"
    sent_invoice(mailing, to)
    mailbox.wait_for(to)
    id = mail_id(owner, to)
    assert 'sandbox tabindex="0"></iframe>' in owner.shown(f"/emails/{id}")
    answer = owner.get(f"/emails/{id}/preview")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none';") and "script-src" not in policy
    assert "frame-ancestors 'self'" in policy and "allow-" not in policy
    assert "View and pay invoice" in answer.text


def test_a_viewer_reads_and_may_not_send_again(mailing: Server, mailbox: Mailbox):
    to = "viewer@moreau.example"
    sent_invoice(mailing, to)
    mailbox.wait_for(to)
    viewer = signed_in(mailing, role="viewer")
    id = mail_id(viewer, to)
    assert "Send again" not in viewer.shown(f"/emails/{id}")
    assert viewer.post(f"/emails/{id}/resend").status_code == 403
    editor = signed_in(mailing, role="editor")
    assert editor.post(f"/emails/{id}/resend", sent_from="cross-site").status_code == 403
    assert len(mailbox.of(to)) == 1


def test_a_mail_of_nobody_is_not_there(owner: Visitor):
    assert owner.get("/emails/mail_nobody").status_code == 404
    assert owner.get("/emails/mail_nobody/preview").status_code == 404
    assert owner.post("/emails/mail_nobody/resend").status_code == 404


def test_what_is_switched_off_is_not_mailed(owner: Visitor, mailing: Server, mailbox: Mailbox):
    page = owner.shown("/settings/emails")
    assert page.count(" checked") == 7 and 'value="payment_receipt">' in page
    owner.post("/settings/emails", on=["payment_receipt"])
    try:
        to = "switched@moreau.example"
        invoice = sent_invoice(mailing, to)
        mailing.client().v1.invoices.pay(invoice.id, {"paid_out_of_band": True})
        (mail,) = mailbox.wait_for(to)
        assert mail.subject == "Receipt for your payment of €5.00"
        assert owner.shown("/settings/emails").count(" checked") == 1
    finally:
        kinds = ["invoice_sent", "payment_failed", "confirm_payment", "invoice_overdue", "cancellation"]
        owner.post("/settings/emails", on=[*kinds, "cancellation_undone", "offer_accepted"])


def test_without_a_mail_server_each_mail_is_kept_as_not_sent(server: Server):
    to = "nobody.there@moreau.example"
    sent_invoice(server, to)
    owner = signed_in(server)
    until(lambda: "Not sent: no mail server is set up." in owner.shown("/emails"))
    assert "No mail server is set up, so nothing is sent" in owner.shown("/settings/emails")
    id = mail_id(owner, to)
    assert "Send again" in owner.shown(f"/emails/{id}")


def test_mails_of_test_mode_stay_here_unless_the_settings_let_them_go(mailbox: Mailbox):
    with serving(env=mailbox.environment | {"TENURE_MAIL_TEST_MODE": "false"}) as quiet:
        sent_invoice(quiet, "quiet@moreau.example")
        owner = signed_in(quiet)
        until(lambda: "Not sent: it is of test mode" in owner.shown("/emails"))
        assert mailbox.of("quiet@moreau.example") == []


def test_a_customer_without_an_address_gets_no_mail(owner: Visitor, mailing: Server, mailbox: Mailbox):
    api: Any = mailing.client().v1
    before = owner.shown("/emails").count("<tr>")
    customer = api.customers.create({"name": "Nobody"})
    api.invoice_items.create({"customer": customer.id, "amount": 500, "currency": "eur"})
    terms = {"collection_method": "send_invoice", "days_until_due": 14, "pending_invoice_items_behavior": "include"}
    api.invoices.send_invoice(api.invoices.create({"customer": customer.id} | terms).id)
    assert owner.shown("/emails").count("<tr>") == before
