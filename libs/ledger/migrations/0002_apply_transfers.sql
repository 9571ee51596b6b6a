-- Keeps balances equal to the transfers, whoever adds them: runs once a statement, over all rows that it added.
--
-- Cold accounts are locked and updated in byte order, so that concurrent batches never wait for each other in a circle.
-- Hot accounts get a row each in ledger_hot_movement and are not locked, but for one case: a movement towards a bound of a
-- hot account (a debit of allocated:{month}, which must not go below 0) is folded in under that account's lock, after all
-- cold ones, so that the account's own constraint judges it. Movements away from the bound need no lock: leaving out
-- those that are not committed yet only makes the judgement careful.
--
-- Plans are cached for the session while tables grow from nothing: only lookups by index stay right.
create function ledger_apply_transfers() returns trigger
  language plpgsql security definer
  set search_path = {{schema}}, pg_temp
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  all_hot_ids constant text[] := array(select id from ledger_account where hot);
  cold_ids text[];
  cold_currencies text[];
  cold_debits bigint[];
  cold_credits bigint[];
  cold_count integer;
  hot_ids text[];
  hot_currencies text[];
  hot_debits bigint[];
  hot_credits bigint[];
  hot_count integer;
  bounded_ids text[];
  due_ids text[];
begin
  select array_agg(account_id order by account_id) filter (where not hot),
         array_agg(currency order by account_id) filter (where not hot),
         array_agg(debit_cents order by account_id) filter (where not hot),
         array_agg(credit_cents order by account_id) filter (where not hot),
         array_agg(account_id order by account_id) filter (where hot),
         array_agg(currency order by account_id) filter (where hot),
         array_agg(debit_cents order by account_id) filter (where hot),
         array_agg(credit_cents order by account_id) filter (where hot)
    into cold_ids, cold_currencies, cold_debits, cold_credits, hot_ids, hot_currencies, hot_debits, hot_credits
    from (
      select account_id, currency, sum(debit_cents)::bigint as debit_cents, sum(credit_cents)::bigint as credit_cents,
             account_id = any (all_hot_ids) as hot
        from (
          select debit_account_id as account_id, currency, amount_cents as debit_cents, 0 as credit_cents from added
          union all
          select credit_account_id, currency, 0, amount_cents from added
        ) as entry
       group by account_id, currency
    ) as movement;

  perform from ledger_account where id = any (cold_ids) order by id for no key update;

  update ledger_account as account
     set debited_cents = account.debited_cents + movement.debit_cents,
         credited_cents = account.credited_cents + movement.credit_cents
    from unnest(cold_ids, cold_currencies, cold_debits, cold_credits)
      as movement (account_id, currency, debit_cents, credit_cents)
   where account.id = movement.account_id and account.currency = movement.currency;
  get diagnostics cold_count = row_count;
  if cold_count <> cardinality(cold_ids) then
    perform ledger_refuse_accounts(cold_ids, cold_currencies);
  end if;
  if hot_ids is null then
    return null;
  end if;

  with moved as (
    insert into ledger_hot_movement (account_id, debited_cents, credited_cents)
    select account.id, movement.debit_cents, movement.credit_cents
      from unnest(hot_ids, hot_currencies, hot_debits, hot_credits)
        as movement (account_id, currency, debit_cents, credit_cents)
      join ledger_account as account on account.id = movement.account_id and account.currency = movement.currency
    returning account_id, id, ledger_hot_movement.debited_cents, ledger_hot_movement.credited_cents
  )
  select count(*),
         array_agg(moved.account_id) filter (where
           case when ledger_normal_balance(account.type, moved.debited_cents, moved.credited_cents) < 0
             then account.minimum_cents else account.maximum_cents end is not null),
         array_agg(moved.account_id) filter (where hashint8(moved.id) & 255 = 0)
    into hot_count, bounded_ids, due_ids
    from moved
    join ledger_account as account on account.id = moved.account_id;
  if hot_count <> cardinality(hot_ids) then
    perform ledger_refuse_accounts(hot_ids, hot_currencies);
  end if;
  if bounded_ids is not null then
    perform from ledger_account where id = any (bounded_ids) order by id for no key update;
    perform ledger_fold_hot_movements(bounded_ids);
  end if;
  if due_ids is not null then
    perform ledger_fold_hot_movements(array(
      select id from ledger_account where id = any (due_ids) order by id for no key update skip locked));
  end if;
  return null;
end $$;

-- Adds the movements of hot accounts that are visible now to their rows, which the caller has locked.
create function ledger_fold_hot_movements(locked_ids text[]) returns void
  language sql
begin atomic
  with folded as (
    delete from ledger_hot_movement where account_id = any (locked_ids)
    returning account_id, debited_cents, credited_cents
  )
  update ledger_account as account
     set debited_cents = account.debited_cents + movement.debited_cents,
         credited_cents = account.credited_cents + movement.credited_cents
    from (
      select account_id, sum(debited_cents)::bigint as debited_cents, sum(credited_cents)::bigint as credited_cents
        from folded
       group by account_id
    ) as movement
   where account.id = movement.account_id;
end;

-- Names the first account that does not exist or keeps another currency.
create function ledger_refuse_accounts(account_ids text[], currencies text[]) returns void
  language plpgsql
as $$
declare
  refused record;
begin
  select movement.account_id, movement.currency, account.currency as own_currency
    into refused
    from unnest(account_ids, currencies) as movement (account_id, currency)
    left join ledger_account as account on account.id = movement.account_id
   where account.currency is distinct from movement.currency
   limit 1;
  if refused.own_currency is null then
    raise exception 'ledger: account % does not exist', refused.account_id
      using errcode = 'foreign_key_violation', constraint = 'ledger_transfer_account';
  end if;
  raise exception 'ledger: account % is kept in %, not in %', refused.account_id, refused.own_currency, refused.currency
    using errcode = 'check_violation', constraint = 'ledger_transfer_currency';
end $$;

create trigger ledger_transfer_apply after insert on ledger_transfer
  referencing new table as added
  for each statement execute function ledger_apply_transfers();

revoke execute on function ledger_apply_transfers, ledger_fold_hot_movements, ledger_refuse_accounts from public;
