"""Whatever the parts in which a line is credited, they add up to the line: amount, discounts, taxes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tenure.domain.credit_note_lines import LineGiven, lines_of
from tenure.domain.credit_notes import (
    CREDITABLE,
    MOVES,
    CreditNote,
    CreditNoteStatus,
    Given,
    check_invoice,
    creditable,
    credited,
    number_of,
    shared_out,
    summed,
    uncredited,
    voided,
)
from tenure.domain.errors import Conflict, Invalid, NotFound
from tenure.domain.invoice_parts import DiscountAmount, Period, Pricing, RateDetails, TaxAmount
from tenure.domain.invoices import Invoice, InvoiceStatus, LineItem
from tenure.domain.tax_rates import TaxRate

RATE = TaxRate(id="txr_1", display_name="VAT", inclusive=False, percentage=19.0)
INSIDE = TaxRate(id="txr_2", display_name="VAT", inclusive=True, percentage=7.0)


def tax(amount: int, base: int, rate: str = "txr_1", behavior: str = "exclusive") -> TaxAmount:
    return TaxAmount(
        amount=amount,
        tax_behavior=behavior,  # type: ignore[arg-type]
        tax_rate_details=RateDetails(tax_rate=rate),
        taxable_amount=base,
    )


def line(amount: int, *, id: str = "il_1", off: int = 0, taxed: int = 0, quantity: int = 1) -> LineItem:
    return LineItem(
        id=id,
        amount=amount,
        currency="eur",
        description="Sails",
        discount_amounts=[DiscountAmount(amount=off, discount="di_1")] if off else [],
        period=Period(start=0, end=1),
        pricing=Pricing(unit_amount_decimal=str(amount // quantity)),
        quantity=quantity,
        subtotal=amount,
        taxes=[tax(taxed, amount - off)] if taxed else [],
    )


def invoice(*lines: LineItem, paid: int = 0, status: InvoiceStatus = InvoiceStatus.OPEN) -> Invoice:
    total = sum(
        each.amount - sum(d.amount for d in each.discount_amounts) + sum(t.amount for t in each.taxes) for each in lines
    )
    return Invoice(
        id="in_1",
        amount_due=total,
        amount_paid=paid,
        amount_remaining=total - paid,
        currency="eur",
        customer="cus_1",
        lines=list(lines),
        number="BOAT-0001",
        period_end=1,
        period_start=0,
        status=status,
        total=total,
    )


def note(of: Invoice, asked: list[LineGiven], notes: list[CreditNote], given: Given | None = None) -> CreditNote:
    """The next note of the invoice."""
    ids = [f"cnli_{len(notes)}_{n}" for n in range(len(asked))]
    lines = lines_of(of, asked, notes, rates={RATE.id: RATE, INSIDE.id: INSIDE}, ids=ids)
    blank = CreditNote(
        id=f"cn_{len(notes)}", currency="eur", customer="cus_1", invoice=of.id, number=number_of(of, len(notes))
    )
    return shared_out(summed(blank, lines), of, notes, given or Given())


def part(amount: int, id: str = "il_1") -> LineGiven:
    return LineGiven(type="invoice_line_item", invoice_line_item=id, amount=amount)


def units(quantity: int, id: str = "il_1") -> LineGiven:
    return LineGiven(type="invoice_line_item", invoice_line_item=id, quantity=quantity)


@st.composite
def splits(draw: st.DrawFn) -> tuple[LineItem, list[int]]:
    """A line, and the parts in which it is credited."""
    amount = draw(st.integers(2, 10**7))
    off = draw(st.integers(0, amount - 1))
    taxed = draw(st.integers(0, amount))
    cuts = sorted(draw(st.sets(st.integers(1, amount - 1), max_size=6)))
    return line(amount, off=off, taxed=taxed), [b - a for a, b in zip([0, *cuts], [*cuts, amount], strict=True)]


@given(splits())
def test_any_split_of_a_line_adds_up_to_it(case: tuple[LineItem, list[int]]) -> None:
    source, parts = case
    of, notes = invoice(source), []
    for each in parts:
        made = lines_of(of, [part(each)], notes, rates={}, ids=["cnli_1"])
        notes.append(summed(CreditNote(id="cn_1", currency="eur", customer="c", invoice="in_1", number="1"), made))
    assert sum(each.total for each in notes) == of.total
    assert sum(each.discount_amount for each in notes) == sum(each.amount for each in source.discount_amounts)
    assert sum(t.amount for each in notes for t in each.total_taxes) == sum(t.amount for t in source.taxes)
    assert all(t.amount >= 0 for each in notes for t in each.total_taxes)


@given(st.integers(1, 10**6), st.integers(1, 40), st.data())
def test_any_split_of_the_units_adds_up_to_the_line(unit: int, quantity: int, data: st.DataObject) -> None:
    source = line(unit * quantity + data.draw(st.integers(0, quantity - 1)), quantity=quantity, taxed=unit)
    of, notes, left = invoice(source), [], quantity
    while left:
        take = data.draw(st.integers(1, left))
        made = lines_of(of, [units(take)], notes, rates={}, ids=["cnli_1"])
        notes.append(summed(CreditNote(id="cn_1", currency="eur", customer="c", invoice="in_1", number="1"), made))
        left -= take
    assert sum(each.total for each in notes) == of.total


@given(splits())
def test_what_is_credited_and_void_again_leaves_the_invoice_as_it_was(case: tuple[LineItem, list[int]]) -> None:
    source, parts = case
    of = invoice(source)
    if not 0 < parts[0] < of.total:
        return
    try:
        made = note(of, [part(parts[0])], [])
    except Invalid:
        return  # a discount took all of it: there is nothing to give back
    after = credited(of, made)
    assert after.amount_remaining == of.amount_remaining - made.total >= 0
    if after.amount_remaining:
        assert uncredited(after, voided(made, after, 5)) == of


def test_a_third_and_a_third_and_the_rest() -> None:
    of, notes = invoice(line(10000, off=1000, taxed=1710)), []
    for amount in (3333, 3333, 3334):
        notes.append(note(of, [part(amount)], notes))
    assert [each.discount_amount for each in notes] == [333, 334, 333]  # 1000 × 3333/10000, × 6666/10000, all
    assert [each.total_taxes[0].amount for each in notes] == [570, 570, 570]  # 1710 × 1/3 each, rounded
    assert sum(each.total for each in notes) == of.total == 10710  # 10000 - 1000 + 1710
    assert creditable(of, notes) == 0
    assert [each.number for each in notes] == ["BOAT-0001-CN-01", "BOAT-0001-CN-02", "BOAT-0001-CN-03"]


def test_an_open_invoice_asks_for_less_first() -> None:
    of = invoice(line(10000), paid=4000)
    made = note(of, [part(7000)], [], Given(credit_amount=1000))
    assert (made.type, made.pre_payment_amount, made.post_payment_amount) == ("mixed", 6000, 1000)
    after = credited(of, made)
    assert (after.amount_due, after.amount_remaining) == (4000, 0)
    assert (after.pre_payment_credit_notes_amount, after.post_payment_credit_notes_amount) == (6000, 1000)


@pytest.mark.parametrize(
    "given", [Given(), Given(refund_amount=9999), Given(refund_amount=6000, credit_amount=4000, out_of_band_amount=1)]
)
def test_what_was_paid_must_be_given_back_exactly(given: Given) -> None:
    paid = invoice(line(10000), paid=10000, status=InvoiceStatus.PAID)
    with pytest.raises(Invalid, match=r"that was paid already \(10000\)"):
        note(paid, [part(10000)], [], given)
    fair = Given(refund_amount=5000, credit_amount=3000, out_of_band_amount=1500, linked=500)
    made = note(paid, [part(10000)], [], fair)
    assert (made.type, made.post_payment_amount, made.out_of_band_amount) == ("post_payment", 10000, 1500)


def test_all_notes_together_never_exceed_the_invoice() -> None:
    of = invoice(line(10000), line(-4000, id="il_2"))
    first = note(of, [part(5000)], [])
    with pytest.raises(Invalid, match=r"\(1001\) is more than what is left of the invoice to credit \(1000\)"):
        note(credited(of, first), [part(1001)], [first])
    assert note(credited(of, first), [part(1000)], [first]).total == 1000
    again = replace(first, status=CreditNoteStatus.VOID)
    assert note(of, [part(6000)], [again]).total == 6000


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (part(10001), "at most what is left of the line"),
        (part(0), "at least 1"),
        (units(3), "at most what is left of the line"),
        (LineGiven(type="invoice_line_item", invoice_line_item="il_1"), "exactly one of `amount` and `quantity`"),
        (LineGiven(type="custom_line_item", unit_amount=5), "Missing required param: lines"),
        (LineGiven(type="custom_line_item", description="Sorry"), "exactly one of `unit_amount`"),
        (LineGiven(type="custom_line_item", description="Sorry", amount=5), "has a `unit_amount`"),
        (LineGiven(type="custom_line_item", description="S", unit_amount=5, tax_rates=[], tax_amounts=[]), "only one"),
    ],
)
def test_what_is_no_part_of_the_invoice_is_refused(asked: LineGiven, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        note(invoice(line(10000, quantity=2)), [asked], [])


def test_a_line_of_another_invoice_does_not_exist() -> None:
    with pytest.raises(NotFound):
        note(invoice(line(10000)), [part(1, "il_other")], [])


def test_a_line_of_its_own_bears_the_rates_that_it_names() -> None:
    asked = LineGiven(
        type="custom_line_item", description="Sorry", quantity=2, unit_amount_decimal="500.5", tax_rates=["txr_2"]
    )
    made = note(invoice(line(10000)), [asked], [])
    inside = made.lines[0].taxes[0]
    assert (made.subtotal, made.total) == (1001, 1001)  # 2 × 500.5
    assert (inside.amount, inside.taxable_amount) == (65, 936)  # 1001 × 7/107, 1001 / 1.07
    assert made.total_excluding_tax == 936
    outside = replace(asked, tax_rates=["txr_1"])
    assert note(invoice(line(10000)), [outside], []).total == 1191  # 1001 + 190.19


def test_only_final_invoices_can_be_credited() -> None:
    for status in InvoiceStatus:
        of = invoice(line(100), status=status)
        if status in CREDITABLE:
            assert check_invoice(of) is of
        else:
            with pytest.raises(Conflict, match=status.value):
                check_invoice(of)


def test_every_state_can_be_reached_and_void_is_the_end() -> None:
    assert {to for ways in MOVES.values() for to in ways} | {CreditNoteStatus.ISSUED} == set(CreditNoteStatus)
    of = invoice(line(100))
    gone = voided(note(of, [part(50)], []), of, 7)
    assert (gone.status, gone.voided_at) == ("void", 7)
    with pytest.raises(Conflict, match="void already"):
        voided(gone, of, 8)
