-- Keeps balances equal to the transfers, whoever adds them: runs once a statement, over all rows that it added.
-- Plans are cached for the session while tables grow from nothing: only lookups by index stay right.
create function ledger_apply_transfers() returns trigger
  language plpgsql security definer
  set search_path = {{schema}}, pg_temp
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  -- Few: one lookup in an index of their own instead of one for each account of the batch.
  hot_ids constant text[] := array(select id from ledger_account where hot);
  movements record;
begin
  for movements in
    select hot,
           array_agg(account_id order by account_id) as account_ids,
           array_agg(currency order by account_id) as currencies,
           array_agg(debit_cents order by account_id) as debits,
           array_agg(credit_cents order by account_id) as credits
      from (
        select account_id, currency, account_id = any (hot_ids) as hot,
               sum(debit_cents)::bigint as debit_cents, sum(credit_cents)::bigint as credit_cents
          from (
            select debit_account_id as account_id, currency, amount_cents as debit_cents, 0 as credit_cents from added
            union all
            select credit_account_id, currency, 0, amount_cents from added
          ) as entry
         group by account_id, currency
      ) as movement
     group by hot
     order by hot
  loop
    if movements.hot then
      perform ledger_move_hot_accounts(movements.account_ids, movements.currencies, movements.debits, movements.credits);
    else
      perform ledger_move_cold_accounts(movements.account_ids, movements.currencies, movements.debits, movements.credits);
    end if;
  end loop;
  return null;
end $$;

-- Locks and updates in byte order, so that concurrent batches never wait for each other in a circle.
create function ledger_move_cold_accounts(account_ids text[], currencies text[], debits bigint[], credits bigint[])
  returns void language plpgsql
as $$
declare
  moved integer;
begin
  perform from ledger_account where id = any (account_ids) order by id for no key update;
  update ledger_account as account
     set debited_cents = account.debited_cents + movement.debit_cents,
         credited_cents = account.credited_cents + movement.credit_cents
    from unnest(account_ids, currencies, debits, credits) as movement (account_id, currency, debit_cents, credit_cents)
   where account.id = movement.account_id and account.currency = movement.currency;
  get diagnostics moved = row_count;
  if moved <> cardinality(account_ids) then
    perform ledger_refuse_accounts(account_ids, currencies);
  end if;
end $$;

-- Adds a row for each account and locks none, but for one case: a movement towards a bound (a debit of allocated:{month},
-- which must not go below 0) is folded in under that account's lock, after all cold ones and again in byte order, so that
-- the account's own constraint judges it. Movements away from the bound need no lock: leaving out those that are not
-- committed yet only makes the judgement careful. One batch in 256, spread over the accounts, folds in passing, unless
-- someone else holds the account.
create function ledger_move_hot_accounts(account_ids text[], currencies text[], debits bigint[], credits bigint[])
  returns void language plpgsql
as $$
declare
  moved integer;
  bounded_ids text[];
  due_ids text[];
begin
  with inserted as (
    insert into ledger_hot_movement (account_id, debited_cents, credited_cents)
    select account.id, movement.debit_cents, movement.credit_cents
      from unnest(account_ids, currencies, debits, credits) as movement (account_id, currency, debit_cents, credit_cents)
      join ledger_account as account on account.id = movement.account_id and account.currency = movement.currency
    returning account_id, id, ledger_hot_movement.debited_cents, ledger_hot_movement.credited_cents
  )
  select count(*),
         array_agg(account.id) filter (where
           case when ledger_normal_balance(account.type, inserted.debited_cents, inserted.credited_cents) < 0
             then account.minimum_cents else account.maximum_cents end is not null),
         array_agg(account.id) filter (where hashint8(inserted.id) & 255 = 0)
    into moved, bounded_ids, due_ids
    from inserted
    join ledger_account as account on account.id = inserted.account_id;

  if moved <> cardinality(account_ids) then
    perform ledger_refuse_accounts(account_ids, currencies);
  end if;
  if bounded_ids is not null then
    perform from ledger_account where id = any (bounded_ids) order by id for no key update;
    perform ledger_fold_hot_movements(bounded_ids);
  end if;
  if due_ids is not null then
    perform ledger_fold_hot_movements(array(
      select id from ledger_account where id = any (due_ids) order by id for no key update skip locked));
  end if;
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

revoke execute on function ledger_apply_transfers, ledger_move_cold_accounts, ledger_move_hot_accounts,
  ledger_fold_hot_movements, ledger_refuse_accounts from public;
