-- title: Ending in the next 30 days
-- question: Which subscriptions are set to end in the next 30 days, and why?
-- parameters: none
-- ends_on: day, UTC, on which the subscription ends
-- days_left: whole days from now
-- subscription_id: identifier
-- customer_id: identifier
-- email: the customer's address
-- reason: what the customer picked
-- chart: none
select
  date(s.cancel_at) as ends_on,
  date_diff('day', data_load_time, s.cancel_at) as days_left,
  s.id as subscription_id,
  s.customer_id,
  c.email,
  s.cancellation_details_feedback as reason
from subscriptions s
left join customers c on c.id = s.customer_id
where s.ended_at is null
  and s.cancel_at >= data_load_time
  and s.cancel_at < data_load_time + interval '30' day
order by s.cancel_at, s.id
