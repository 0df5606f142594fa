-- title: What customers say
-- question: What did customers write when they cancelled?
-- parameters: none
-- canceled_at: when the cancellation was asked for, UTC
-- reason: what the customer picked
-- comment: the customer's own words
-- customer_id: identifier
-- email: the customer's address
-- subscription_id: identifier
-- tenure_days: whole days from the start to the cancellation
-- chart: none
select
  s.canceled_at,
  s.cancellation_details_feedback as reason,
  s.cancellation_details_comment as comment,
  s.customer_id,
  c.email,
  s.id as subscription_id,
  date_diff('day', s.start_date, s.canceled_at) as tenure_days
from subscriptions s
left join customers c on c.id = s.customer_id
where s.cancellation_details_comment is not null
order by s.canceled_at desc nulls last, s.id
