-- C6: what a hold keeps back now, which is less than when it was placed once reversals have taken of it.

create or replace view hold_state as
select hold.*, newest.version, newest.state, newest.reason, newest.at as changed_at, first.at as held_at,
  (
    select case when newest.state = 'held' then least(hold.net_cents, earned.net_cents - reversed.net_cents) else 0 end
    from (
      select coalesce(sum(taken_gross_cents - taken_fee_cents + disputed_gross_cents - disputed_fee_cents), 0)::bigint
        as net_cents
      from line_reversal
      where line_reversal.run_id = hold.run_id and line_reversal.recipient_user_id = hold.recipient_user_id
        and (hold.chunk is null or (line_reversal.chunk = hold.chunk and line_reversal.position = hold.position))
    ) as reversed, (
      select net_cents from writer_month
      where hold.chunk is null and writer_month.run_id = hold.run_id
        and writer_month.recipient_user_id = hold.recipient_user_id
      union all
      select funded_cents - fee_cents from line_detail
      where line_detail.run_id = hold.run_id and line_detail.chunk = hold.chunk and line_detail.position = hold.position
    ) as earned
  ) as left_cents
from hold
join hold_change as first on first.hold_id = hold.hold_id and first.version = 1
cross join lateral (
  select * from hold_change where hold_change.hold_id = hold.hold_id order by version desc limit 1
) as newest;
comment on column hold_state.left_cents is
  'What of it is neither taken back nor in dispute: 0 once the hold has ended, and never more than when it was placed.';
