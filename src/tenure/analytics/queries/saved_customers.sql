-- title: Saved and still subscribed
-- question: Which customers took an offer instead of cancelling, and are they still subscribed?
-- parameters: none
-- accepted_at: when the offer was taken, UTC
-- customer_id: identifier
-- email: the customer's address
-- subscription_id: identifier
-- coupon: name of the coupon, or its identifier
-- days_since: whole days since then
-- is_subscribed: the subscription has not ended
-- is_ending: it has not ended, but is set to
-- chart: none
select
  f.offer_accepted_at as accepted_at,
  f.customer_id,
  u.email,
  f.subscription_id,
  coalesce(c.name, f.offer_coupon_id) as coupon,
  date_diff('day', f.offer_accepted_at, data_load_time) as days_since,
  s.ended_at is null as is_subscribed,
  s.ended_at is null and s.cancel_at is not null as is_ending
from cancellation_sessions f
join subscriptions s on s.id = f.subscription_id
left join customers u on u.id = f.customer_id
left join coupons c on c.id = f.offer_coupon_id
where f.offer_accepted_at is not null
order by f.offer_accepted_at desc, f.id
