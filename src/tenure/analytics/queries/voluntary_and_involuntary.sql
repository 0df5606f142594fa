-- title: Voluntary and involuntary
-- question: Of the subscriptions that ended each month, how many did the customer cancel, and how many were lost to payments?
-- parameters: none
-- month: first day of the calendar month, UTC, in which the subscription ended
-- kind: voluntary (cancellation requested), involuntary (payment failed or disputed), other
-- ended: subscriptions
-- chart: stacked
select
  date(date_trunc('month', ended_at)) as month,
  case
    when cancellation_details_reason = 'cancellation_requested' then 'voluntary'
    when cancellation_details_reason in ('payment_failed', 'payment_disputed') then 'involuntary'
    else 'other'
  end as kind,
  count(*) as ended
from subscriptions
where ended_at is not null
group by 1, 2
order by 1 desc, 2
