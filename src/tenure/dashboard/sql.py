"""SQL over the account's own data: editor, ready-made questions, saved queries, table, chart and CSV.

POST /dashboard/sql   action=run ─▶ at most 1,000 rows and a drawing        action=csv ─▶ up to a million rows
Viewers may ask too, but columns that name people are hidden from them.
"""

from collections.abc import AsyncIterator
from functools import cache
from typing import Any

from markupsafe import Markup

from tenure.analytics.catalogue import TABLES
from tenure.analytics.charts import NUMBERS, chart
from tenure.analytics.guard import QueryError
from tenure.analytics.sandbox import Result, Sandbox
from tenure.analytics.templates import template, templates
from tenure.analytics.warehouse import warehouse_of
from tenure.dashboard import audit
from tenure.dashboard.visit import Answer, Download, Page, Redirect, Route, Visit
from tenure.domain.errors import Invalid, NotFound
from tenure.store import saved_queries
from tenure.store.saved_queries import SavedQuery
from tenure.store.store import Store
from tenure.store.tx import SystemTx, Tx

ROWS = 1000
TIMEOUT_S = 30
FRESH_MS = 5_000
NAME_MAX = 80
SQL_MAX = 20_000
START = "select status, count(*) as subscriptions\nfrom subscriptions\ngroup by 1\norder by 2 desc"


@cache
def sandbox_of(store: Store) -> Sandbox:
    """The one sandbox of a process, which counts what runs."""
    return Sandbox()


async def index(visit: Visit) -> Answer:
    """The page, with a template's or a saved query's text in the editor."""
    sql, name, chosen = START, "", template(visit.query.one("template"))
    if chosen is not None:
        sql, name = chosen.sql, chosen.title
    elif visit.query.one("saved"):
        saved = await _saved(visit, visit.query.one("saved"))
        sql, name = saved.sql, saved.name
    return await _page(visit, {"sql": sql, "name": name, "template": chosen.slug if chosen else ""})


async def _saved(visit: Visit, id: str) -> SavedQuery:
    account = visit.account.id
    found = await visit.app.store.system_read(lambda tx: saved_queries.get(tx, id, account=account))
    if found is None:
        raise NotFound("No such query.")
    return found


async def _page(visit: Visit, shows: dict[str, Any], *, status: int = 200) -> Page:
    account, w = visit.account.id, visit.words
    saved = await visit.app.store.system_read(lambda tx: saved_queries.of_account(tx, account))
    loaded = warehouse_of(visit.app.store, visit.app.data_dir).data_load_time(visit.scope)
    around: dict[str, Any] = {
        "nav": "sql",
        "asked": False,
        "result": None,
        "drawing": None,
        "error": None,
        "lines": [],
        "saved": saved,
        "templates": templates(),
        "tables": TABLES,
        "fresh": w._("Data as of %(when)s.") % {"when": w.moment(loaded // 1000)} if loaded else "",
        "pii": visit.may_edit,
        "sql_max": SQL_MAX,
    }
    return Page(template="sql.html", shows=around | shows, status=status)


async def run(visit: Visit) -> Answer:
    """Run the query and show what came of it, or hand it out as CSV, or keep it."""
    form = visit.form
    sql = (form.get("sql") or [""])[0].replace("\r\n", "\n")
    chosen = template(form.one("template"))
    shows = {"sql": sql, "name": form.one("name"), "template": chosen.slug if chosen else ""}
    if form.one("action") == "save":
        return await save(visit, sql)
    warehouse = warehouse_of(visit.app.store, visit.app.data_dir)
    await warehouse.refresh_if_older(visit.scope, max_age_ms=FRESH_MS, now_ms=visit.now * 1000)
    folder, sandbox = warehouse.directory(visit.scope), sandbox_of(visit.app.store)
    await visit.write(lambda tx: audit.note(tx, visit, "sql.run", chosen.slug if chosen else "", detail=sql[:1000]))
    try:
        if form.one("action") == "csv":
            pieces = sandbox.csv(folder, sql, pii=visit.may_edit)
            first = await anext(pieces, b"")
            return Download(body=_chained(first, pieces), name=f"{chosen.slug if chosen else 'query'}.csv")
        result = await sandbox.run(folder, sql, limit_rows=ROWS, timeout_s=TIMEOUT_S, pii=visit.may_edit)
    except QueryError as error:
        return await _page(visit, shows | {"error": str(error), "lines": _lines(sql, error)}, status=422)
    kind = chosen.chart if chosen is not None and chosen.sql == sql else "auto"
    drawing = chart(result, title=shows["name"] or visit.words._("Result"), kind=kind)
    shown = {"asked": True, "result": _table(visit, result), "drawing": Markup(drawing) if drawing else None}  # noqa: S704
    return await _page(visit, shows | shown)


async def _chained(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


def _lines(sql: str, error: QueryError) -> list[tuple[int, str, bool]]:
    """The lines around the one to blame, numbered; the third says whether it is that one."""
    if error.line is None:
        return []
    every = sql.split("\n")
    start = max(0, error.line - 3)
    return [(at + 1, every[at], at + 1 == error.line) for at in range(start, min(len(every), error.line + 2))]


def _table(visit: Visit, result: Result) -> dict[str, Any]:
    w = visit.words
    count = w.ngettext("%(num)s row", "%(num)s rows", len(result.rows))
    if result.truncated:
        total = w.number(result.total) if result.total is not None else w._("more")
        count = w._("The first %(shown)s of %(total)s rows") % {"shown": w.number(len(result.rows)), "total": total}
    numeric = [kind.startswith(NUMBERS) for kind in result.types]
    return {
        "columns": list(zip(result.columns, result.types, numeric, strict=True)),
        "rows": [list(zip(row, numeric, strict=True)) for row in result.rows],
        "count": count,
        "seconds": f"{result.seconds:.1f}",
    }


async def save(visit: Visit, sql: str) -> Answer:
    """Keep the query under a name, for everybody of the account."""
    visit.require("editor")
    name = visit.form.one("name")
    if not name or len(name) > NAME_MAX or not sql.strip() or len(sql) > SQL_MAX:
        raise Invalid(visit.words._("Give the query a name of at most 80 characters, and SQL of at most 20,000."))

    def act(tx: Tx) -> str:
        query = SavedQuery(
            id=tx.new_id("qry_"), account=visit.account.id, name=name, sql=sql, created=tx.now, user_id=visit.person.id
        )
        saved_queries.create(tx, query)
        audit.note(tx, visit, "sql.save", query.id, detail=name)
        return query.id

    id = await visit.write(act)
    return Redirect(to=f"/dashboard/sql?saved={id}&done=saved")


async def forget(visit: Visit) -> Answer:
    """Delete a saved query."""
    id = visit.ids["id"]

    def act(tx: SystemTx) -> None:
        if not saved_queries.remove(tx, id, account=visit.account.id):
            raise NotFound("No such query.")
        audit.note(tx, visit, "sql.delete", id)

    await visit.write(act)
    return Redirect(to="/dashboard/sql?done=deleted")


ROUTES = (
    Route(path="/dashboard/sql", get=index, post=run, writes="viewer"),
    Route(path="/dashboard/sql/saved/{id}/delete", post=forget),
)
