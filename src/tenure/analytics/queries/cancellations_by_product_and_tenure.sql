-- title: Cancellations by product and tenure
-- question: Which products do customers leave, and how long had they been subscribed?
-- parameters: none
-- tenure: days from the start of the subscription to the cancellation
-- product: name of the product; a subscription with several counts for each
-- cancellations: subscriptions
-- chart: stacked
with cancelled as (
  select id, date_diff('day', start_date, canceled_at) as days
  from subscriptions
  where canceled_at is not null
),
sold as (
  select distinct i.subscription_id, p.id as product_id, p.name
  from subscription_items i
  join prices on prices.id = i.price_id
  join products p on p.id = prices.product_id
)
select
  case
    when days <= 30 then '0 to 30 days'
    when days <= 90 then '31 to 90 days'
    when days <= 180 then '91 to 180 days'
    when days <= 365 then '181 to 365 days'
    else 'over 365 days'
  end as tenure,
  coalesce(sold.name, 'unknown') as product,
  count(*) as cancellations
from cancelled
left join sold on sold.subscription_id = cancelled.id
group by 1, 2
order by min(days), 2
