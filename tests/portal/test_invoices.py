"""The customer's invoices in the portal: on the home page, on their own page, and nobody else's."""

import pytest

from tenure.domain.invoices import InvoiceStatus
from tests.hosted.bills import DAY, START, Desk, invoice


@pytest.fixture(scope="module")
def desk(server):
    return Desk(server)


@pytest.fixture(scope="module")
def config(shop):
    made = shop.configuration()
    return shop.api.billing_portal.configurations.update(made.id, {"features": {"invoice_history": {"enabled": True}}})


@pytest.fixture
def ada(shop):
    return shop.customer()


def hip_links(visitor):
    return visitor.page.text.count('data-testid="hip-link"')


def test_the_newest_invoices_are_on_the_home_page(browse, desk, shop, ada, config):
    made = [desk.invoice(ada, created=START + n * DAY, paid=n > 0) for n in range(6)]
    visitor = browse().open(shop.link(ada, config))
    assert hip_links(visitor) == 4
    assert "Show older invoices" in visitor.text
    assert f'href="/i/{made[5].hosted_token}"' in visitor.page.text
    assert made[0].number not in visitor.text
    visitor.get("/p/invoices")
    assert visitor.heading == "Invoices"
    assert hip_links(visitor) == 6
    assert f"Nov 3, 2026 €29.00 Open {made[0].number}" in visitor.text
    assert f"Nov 3, 2026 €29.00 Paid {made[5].number}" in visitor.text
    assert visitor.get(f"/i/{made[5].hosted_token}").heading == f"Invoice {made[5].number}"


def test_drafts_and_the_invoices_of_others_are_not_there(browse, desk, shop, ada, config):
    desk.invoice(ada, status=InvoiceStatus.DRAFT)
    theirs = desk.invoice(shop.customer(name="Eve"))
    visitor = browse().open(shop.link(ada, config))
    assert hip_links(visitor) == 0 and "Invoices" not in visitor.text
    assert "There are no invoices yet." in visitor.get("/p/invoices").text
    assert theirs.number not in visitor.text
    assert visitor.get(f"/p/invoices?after={theirs.id}").path == "/p/invoices"


def test_without_a_history_there_is_no_page(browse, desk, shop, ada):
    desk.invoice(ada)
    visitor = browse().open(shop.link(ada, shop.configuration()))
    assert hip_links(visitor) == 0
    assert visitor.get("/p/invoices").status == 404


def test_a_deep_link_leads_to_its_task_alone(browse, desk, shop, ada, config):
    desk.invoice(ada)
    subscription = shop.subscription(ada)
    visitor = browse().open(shop.deep_link(subscription, config))
    visitor.get("/p/invoices")
    assert "/cancel" in visitor.path


def test_many_invoices_come_page_by_page(browse, desk, shop, ada, config):
    made = [invoice(ada.id, created=START + n) for n in range(60)]
    desk.keep(*made)
    visitor = browse().open(shop.link(ada, config)).get("/p/invoices")
    numbers = []
    for _ in range(3):
        numbers += [each.number for each in reversed(made) if each.number in visitor.text]
        older = visitor.page.text.partition('class="list-foot"><a class="linkish" href="')[2].partition('"')[0]
        if not older:
            break
        visitor.get(older)
    assert numbers == [each.number for each in reversed(made)]
    assert "Newest invoices" in visitor.text


def test_german_reads_german(browse, desk, shop, ada, config):
    desk.invoice(ada)
    visitor = browse(language="de-DE").open(shop.link(ada, config))
    assert "Rechnungen Datum Betrag Status Rechnung" in visitor.text
    assert "3. Nov. 2026" in visitor.text and "Offen" in visitor.text
