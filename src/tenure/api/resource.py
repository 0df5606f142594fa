"""A resource of the API is one record: its path, its document, and its operations; routes follow from it.

    RESOURCE = Resource("/v1/coupons", Coupon, (
        create(CreateCoupon, run), retrieve(), update(UpdateCoupon, run), lists(ListCoupons, where), delete(run),
    ))

Every operation is a plain function of (call) that runs inside one transaction of the store.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from tenure.api.searching import search
from tenure.domain.documents import Document
from tenure.domain.errors import Invalid, NotFound, Refused
from tenure.store.tx import Page, Tx
from tenure.web.context import App
from tenure.wire.lists import ListParams, SearchParams, listing, search_result
from tenure.wire.search import parse
from tenure.wire.shapes import render, render_all

Shape: TypeAlias = dict[str, Any]
Where: TypeAlias = Sequence[tuple[str, str, Any]]


class Call(msgspec.Struct, frozen=True):
    """One request inside its transaction: typed parameters, the ids `{id}` and `{child}` in the path, the app."""

    tx: Tx
    params: Any
    id: str
    app: App
    child: str = ""


@dataclass(frozen=True)
class Operation:
    """One verb on a path that follows the resource's own; `{id}` names the object, `secret`: its answer holds one.

    A `Refused` that `run` raises undoes everything; one that it returns is answered and what was done stays.
    """

    verb: str
    path: str
    params: type[msgspec.Struct]
    run: "Callable[[Call], Shape | Refused]"
    writes: bool = False
    secret: bool = False


@dataclass(frozen=True)
class Resource:
    """What the API shows of one noun."""

    path: str
    document: type[Document]
    operations: tuple[Operation, ...]
    unsupported: frozenset[str] = field(default_factory=frozenset)


class Nothing(msgspec.Struct, frozen=True, kw_only=True):
    """No parameters."""


def shown(call: Call, doc: Document) -> Shape:
    """A document as the wire shows it."""
    return render(doc, call.tx.many, now=call.tx.now)


def create(params: type[msgspec.Struct], run: Callable[[Call], Document]) -> Operation:
    """POST on the collection."""
    return Operation("POST", "", params, lambda call: shown(call, run(call)), writes=True)


def update(params: type[msgspec.Struct], run: Callable[[Call], Document]) -> Operation:
    """POST on one object."""
    return Operation("POST", "/{id}", params, lambda call: shown(call, run(call)), writes=True)


def action(name: str, params: type[msgspec.Struct], run: Callable[[Call], Document]) -> Operation:
    """POST on a verb of one object, such as `/deactivate`."""
    return Operation("POST", f"/{{id}}/{name}", params, lambda call: shown(call, run(call)), writes=True)


def delete(run: Callable[[Call], Document], params: type[msgspec.Struct] = Nothing) -> Operation:
    """DELETE of one object; the answer says only that it is gone."""

    def gone(call: Call) -> Shape:
        doc = run(call)
        return {"id": doc.id, "object": doc.object, "deleted": True}

    return Operation("DELETE", "/{id}", params, gone, writes=True)


def retrieve(document: type[Document], param: str = "id") -> Operation:
    """GET of one object."""
    return Operation("GET", "/{id}", Nothing, lambda call: shown(call, call.tx.need(document, call.id, param=param)))


def page_shape(call: Call, page: "Page[Any]", url: str) -> Shape:
    """A page of documents as a list object."""
    return listing(render_all(page.items, call.tx.many, now=call.tx.now), page.has_more, url)


def lists(path: str, document: type[Document], params: type[ListParams], where: Callable[[Any], Where]) -> Operation:
    """GET of the collection, newest first, with its filters."""

    def run(call: Call) -> Shape:
        page = call.tx.page(document, where(call.params), **call.params.window())
        return page_shape(call, page, path)

    return Operation("GET", "", params, run)


def searches(path: str, document: type[Document], kind: str) -> Operation:
    """GET of `/search` in Stripe's query language, newest first; `page` continues where an answer ended."""

    def run(call: Call) -> Shape:
        query = parse(call.params.query, kind)
        after = call.params.page or None
        page = search(call.tx, document, query, limit=call.params.limit, starting_after=after)
        data = render_all(page.items, call.tx.many, now=call.tx.now)
        following = page.items[-1].id if page.has_more else None
        return search_result(data, page.has_more, f"{path}/search", next_page=following)

    return Operation("GET", "/search", SearchParams, run)


def refuse_unsupported(resource: Resource, names: Iterable[str]) -> None:
    """Say clearly where the contract has a parameter that Tenure has not. Raises Invalid."""
    for name in names:
        if name in resource.unsupported:
            raise Invalid(
                f"The parameter `{name}` is not supported by Tenure.", code="parameter_unsupported", param=name
            )


def missing_route(verb: str, path: str) -> NotFound:
    """Stripe's words for a URL that does not exist."""
    return NotFound(
        f"Unrecognized request URL ({verb}: {path}). It is not supported by Tenure, whose documentation of the API "
        "lists what is."
    )
