"""How fast Tenure is, beside a bare server that runs the same SQL and beside localstripe; docs/performance.md explains.

retrieving  updating  listing  portal_home     one question each: run(bench) prints its table
renewals                                       how many in a second, with renewing, renewing_floor, renewing_stock
growing                                        the same at 1,000,000 subscriptions (--full)
servers     processes that answer              load     the process that asks
stock       what is stored before              floor    the bare server
"""
