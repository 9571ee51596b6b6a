-- What of a line is derived and never stored. Products of two amounts may exceed bigint, hence numeric.

-- As lineIdOf of the contracts.
create function line_id(user_id text, resource_type text, resource_id text, month text) returns text
  language sql immutable parallel safe
  return replace(replace(user_id, '%', '%25'), '_', '%5F') || '_' || resource_type || '_'
    || replace(replace(resource_id, '%', '%25'), '_', '%5F') || '_' || month;

-- C1: rounded half up.
create function platform_fee(gross_cents bigint, basis_points integer) returns bigint
  language sql immutable parallel safe
  return div(gross_cents::numeric * basis_points * 2 + 10000, 20000)::bigint;

-- A6: a line's share of its writer's fee is the quotient, and one cent more for the largest remainders.
create function fee_quotient(fee_cents bigint, funded_cents bigint, gross_cents bigint) returns bigint
  language sql immutable parallel safe
  return div(fee_cents::numeric * funded_cents, nullif(gross_cents, 0))::bigint;

create function fee_remainder(fee_cents bigint, funded_cents bigint, gross_cents bigint) returns bigint
  language sql immutable parallel safe
  return mod(fee_cents::numeric * funded_cents, nullif(gross_cents, 0))::bigint;

create view line_detail as
select line.run_id, line.chunk, line.position, named.line_id, run.month,
  line.user_id, line.recipient_user_id, line.resource_type, line.resource_id, line.usd_cents, line.funded_cents,
  case when writer.run_id is null then 'locked' else 'processed' end as status,
  case
    when writer.gross_cents = 0 then 0
    else fee_quotient(writer.fee_cents, line.funded_cents, writer.gross_cents)
      + (case
          when share.remainder > writer.last_extra_remainder then 1
          when share.remainder = writer.last_extra_remainder and named.line_id <= writer.last_extra_line_id then 1
          else 0
        end)
  end as fee_cents
from line
join run on run.run_id = line.run_id
left join lateral (
  -- The limit keeps this a look-up by key: joined as a whole, a page of lines would read every writer of the run.
  select * from writer_month
  where writer_month.run_id = line.run_id and writer_month.recipient_user_id = line.recipient_user_id
  limit 1
) as writer on true
cross join lateral (
  select line_id(line.user_id, line.resource_type, line.resource_id, run.month) collate "C" as line_id
) as named
cross join lateral (
  select fee_remainder(writer.fee_cents, line.funded_cents, writer.gross_cents) as remainder
) as share;
comment on view line_detail is 'Lines with their id, status and fee (C1); the fee is null until the writer''s month is calculated.';
revoke insert, update, delete on line_detail from {{app_role}};
