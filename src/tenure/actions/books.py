"""The books of a calculation: prices, product names, coupons and tax rates that its amounts rest on, loaded once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tenure.domain.coupons import Coupon
from tenure.domain.discounts import Discount
from tenure.domain.invoice_items import InvoiceItem
from tenure.domain.invoices import Invoice, LineItem
from tenure.domain.prices import Price
from tenure.domain.products import Product
from tenure.domain.subscriptions import Subscription
from tenure.domain.tax_rates import TaxRate
from tenure.store.tx import Tx


@dataclass(frozen=True, slots=True)
class Books:
    """What sums need to know, each by id; `products` names the product of each price."""

    prices: Mapping[str, Price]
    names: Mapping[str, str]
    coupons: Mapping[str, Coupon]
    rates: Mapping[str, TaxRate]
    products: Mapping[str, str]

    def name(self, price: str) -> str:
        """What the product of a price is called."""
        product = self.products.get(price, "")
        return self.names.get(product, product)


def books(
    tx: Tx,
    subscriptions: Iterable[Subscription] = (),
    *,
    items: Iterable[InvoiceItem] = (),
    lines: Iterable[LineItem] = (),
    invoice: Invoice | None = None,
) -> Books:
    """Everything that these subscriptions, invoice items and lines point at, deleted things included."""
    subscriptions, items, lines = tuple(subscriptions), tuple(items), tuple(lines)
    found: list[Discount] = list(invoice.discounts) if invoice else []
    prices: set[str] = set()
    rates: set[str] = set(invoice.default_tax_rates) if invoice else set()
    for each in subscriptions:
        found += each.discounts
        rates |= set(each.default_tax_rates)
        for item in each.items:
            found += item.discounts
            prices.add(item.price)
            rates |= set(item.tax_rates) | {rate for debit in item.debits for rate in debit.tax_rates}
            prices |= {debit.price for debit in item.debits}
    charged: tuple[InvoiceItem | LineItem, ...] = (*items, *lines)
    for one in charged:
        found += one.discounts
        rates |= set(one.tax_rates or ())
        details = one.pricing.price_details if one.pricing else None
        prices |= {details.price} if details else set()
    return _loaded(tx, prices, {each.source.coupon for each in found}, rates)


def _loaded(tx: Tx, price_ids: set[str], coupon_ids: set[str], rate_ids: set[str]) -> Books:
    prices = tx.many(Price, price_ids, deleted=True)
    products = {id: price.product for id, price in prices.items()}
    named = tx.many(Product, set(products.values()), deleted=True)
    return Books(
        prices=prices,
        names={id: product.name for id, product in named.items()},
        coupons=tx.many(Coupon, coupon_ids, deleted=True) if coupon_ids else {},
        rates=tx.many(TaxRate, rate_ids, deleted=True) if rate_ids else {},
        products=products,
    )
