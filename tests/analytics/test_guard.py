"""What the guard refuses, and how it says so."""

import pytest

from tenure.analytics import catalogue
from tenure.analytics.guard import MAX_BYTES, QueryError
from tenure.analytics.transpile import to_duckdb

SCHEMA = catalogue.schema(pii=True)
ATTACKS = """
insert into customers values (1)
update customers set name = 'x'
delete from customers
merge into customers using prices on true when matched then delete
create table t as select 1
create view v as select 1
create macro m(x) as x
create or replace temp table t (a int)
alter table customers add column x int
drop table customers
truncate table customers
copy (select 1) to '/tmp/x.csv'
copy customers from '/etc/passwd'
export database '/tmp/x'
import database '/tmp/x'
attach '/tmp/x.db' as x
attach ':memory:' as m
detach x
use memory
install httpfs
load httpfs
set memory_limit = '100GB'
reset max_execution_time
pragma database_list
call pragma_version()
checkpoint
vacuum
analyze
explain select 1
explain analyze select 1
describe customers
show tables
summarize customers
begin transaction
prepare q as select 1
execute q
grant select on customers to x
create secret s (type s3)
select 1; select 2
select 1; drop table customers
select * from read_csv('/etc/passwd')
select * from read_text('/etc/passwd')
select * from read_parquet('/data/*.parquet')
select * from read_blob('/etc/passwd')
select * from read_json('/etc/passwd')
select * from glob('/*')
select * from sniff_csv('/etc/passwd')
select * from '/etc/passwd'
select * from "/etc/passwd"
select * from "customers.parquet"
select * from duckdb_settings()
select * from duckdb_settings
select * from information_schema.tables
select * from main.customers
select * from memory.main.customers
select * from system.runtime.queries
select * from sqlite_master
select * from pg_catalog.pg_tables
select * from query('select 1')
select * from query_table('customers')
select * from json_execute_serialized_sql('x')
select * from range(1000000000)
select * from generate_series(1, 10)
select * from table(sequence(1, 10))
select getenv('HOME')
select current_setting('memory_limit')
select version()
select current_user
select current_user()
select session_user
select current_catalog
select current_schema
select database()
select pg_sleep(10)
select set_config('a', 'b')
select nextval('s')
select write_log('x')
select json_serialize_sql('select 1')
select repeat('x', 1000000000)
select query('select 1')
select main.lower('x')
select uuid()
select sha256(cast('x' as varbinary))
select columns('.*') from customers
select * into t from customers
select cast(1 as uuid)
select cast('x' as inet)
pivot customers on name using count(*)
unpivot customers on name into name x value y
with x as (delete from customers returning *) select * from x
with t as (select 1) insert into customers select * from t
select * from customers for update
select $1
select ?
select :name
select @@version
select 1 from customers where name = (select 1; select 2)
values (read_text('/etc/passwd'))
select * from unnest(glob('/*'))
select (select * from read_text('/etc/passwd'))
select row(1, 2).x
select customers from customers
select * from customers, lateral read_text('/etc/passwd')
""".strip().splitlines()


def refused(sql: str) -> QueryError:
    with pytest.raises(QueryError) as caught:
        to_duckdb(sql, SCHEMA, data_load_time=0)
    return caught.value


@pytest.mark.parametrize("sql", ATTACKS)
def test_an_attack_is_refused(sql: str):
    assert refused(sql).status == 400


def test_there_are_many_attacks():
    assert len(set(ATTACKS)) >= 60


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select nam from customers", "There is no column nam here. Did you mean name? (line 1, column 8)"),
        (
            "select id,\n  c.emial\nfrom customers c",
            "There is no column emial here. Did you mean email? (line 2, column 5)",
        ),
        ("select id from customer", "There is no table customer. Did you mean customers? (line 1, column 16)"),
        (
            "select\n date_truncate('day', created) from customers",
            "There is no function date_truncate. Did you mean truncate? (line 2, column 2)",
        ),
        ("select id from customers join prices on true", "The column id is in more than one table. (line 1, column 8)"),
        ("select 1;\nselect 2", "Only one statement can be run at a time."),
        ("drop table customers", "Only queries can be run: a statement that begins with SELECT, WITH or VALUES."),
        ("", "There is no query to run."),
        ("-- nothing", "There is no query to run."),
        ("select 'abc", "The query cannot be read: a quote or comment may not be closed."),
        ("select 1 from customers where (1 = 1", "Expecting ) near “1”. (line 1, column 36)"),
    ],
)
def test_an_error_says_what_and_where(sql: str, message: str):
    assert str(refused(sql)) == message


def test_a_text_that_is_too_long_is_refused():
    assert "longer than 20 kB" in str(refused("select " + "1," * MAX_BYTES + "1"))


def test_deep_nesting_is_refused_in_words():
    assert "nested too deeply" in str(refused("select " + "(" * 5000 + "1" + ")" * 5000))


def test_personal_data_is_hidden_from_those_who_may_not_see_it():
    hidden = catalogue.schema(pii=False)
    for sql in ("select email from customers", "select cancellation_reason_text from subscriptions"):
        to_duckdb(sql, SCHEMA, data_load_time=0)
        with pytest.raises(QueryError, match="There is no column"):
            to_duckdb(sql, hidden, data_load_time=0)
    assert "email" not in to_duckdb("select * from customers", hidden, data_load_time=0)


def test_a_name_given_by_the_query_hides_the_table_only_where_it_is_known():
    to_duckdb("with customers as (select 1 as x) select x from customers", SCHEMA, data_load_time=0)
    assert "no table" in str(refused("select * from (with t as (select 1 as x) select x from t) join t on true"))


def test_every_column_is_described():
    for table in catalogue.TABLES:
        assert table.description.endswith(".")
        assert len({column.name for column in table.columns}) == len(table.columns)
        assert all(column.description.endswith((".", ":", "')")) or column.description for column in table.columns)
