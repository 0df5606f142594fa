-- title: Cancellations by reason
-- question: How many subscriptions were cancelled each month, and which reason did customers give?
-- parameters: none
-- month: first day of the calendar month, UTC, in which the cancellation was asked for
-- reason: what the customer picked; none given where nothing was picked
-- cancellations: subscriptions
-- customers: different customers
-- chart: stacked
with cancelled as (
  select
    date(date_trunc('month', canceled_at)) as month,
    coalesce(cancellation_details_feedback, cancellation_details_feedback_option, 'none given') as reason,
    customer_id
  from subscriptions
  where canceled_at is not null
)
select month, reason, count(*) as cancellations, count(distinct customer_id) as customers
from cancelled
group by 1, 2
order by 1 desc, 3 desc, 2
