-- title: Retention offers
-- question: How often is each coupon offered to customers who want to cancel, and how often do they take it?
-- parameters: none
-- month: first day of the calendar month, UTC, in which the offer was shown
-- coupon: name of the coupon, or its identifier
-- shown, accepted, declined: offers
-- unanswered: offers shown that were neither accepted nor declined
-- accepted_percent: accepted of shown, 0 to 100
-- chart: line
select
  date(date_trunc('month', s.offer_shown_at)) as month,
  coalesce(c.name, s.offer_coupon_id) as coupon,
  count(*) as shown,
  count(s.offer_accepted_at) as accepted,
  count(s.offer_declined_at) as declined,
  count(*) - count(s.offer_accepted_at) - count(s.offer_declined_at) as unanswered,
  round(100e0 * count(s.offer_accepted_at) / count(*), 1) as accepted_percent
from cancellation_sessions s
left join coupons c on c.id = s.offer_coupon_id
where s.offer_shown_at is not null
group by 1, 2
order by 1 desc, 2
