-- title: Cancellations taken back
-- question: How many cancellations were asked for each month, and how many were taken back before the end?
-- parameters: none
-- month: first day of the calendar month, UTC, of the request or of its undoing
-- requested: cancellations asked for that were to take effect later
-- withdrawn: cancellations taken back
-- chart: line
select
  date(date_trunc('month', event_timestamp)) as month,
  count_if(event_type = 'requested') as requested,
  count_if(event_type = 'withdrawn') as withdrawn
from subscription_cancellation_events
where event_type in ('requested', 'withdrawn')
group by 1
order by 1 desc
