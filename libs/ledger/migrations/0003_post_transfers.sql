-- Opens the accounts that do not exist yet, adds the transfers that were not posted before, and returns how many it added.
-- One round trip for any number; runs with the caller's rights, as do its inserts. Accounts, then keys, each in byte order:
-- concurrent batches that overlap never wait for each other in a circle.
create function ledger_post_transfers(
  chart jsonb, account_ids text[], account_rules integer[], recorded_at timestamptz,
  idempotency_keys text[], kinds text[], months text[], debit_account_ids text[], credit_account_ids text[],
  amounts bigint[], currencies text[], occurred_ats timestamptz[],
  cause_event_ids text[], stripe_ids text[], corrected_keys text[], run_kinds text[]
) returns integer
  language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  posted integer;
  refused_key text;
begin
  if (select count(*) from ledger_account where id = any (account_ids)) < cardinality(account_ids) then
    insert into ledger_account (id, type, currency, minimum_cents, maximum_cents, hot)
    select wanted.id, rule.type, rule.currency, rule.minimum_cents, rule.maximum_cents, rule.hot
      from unnest(account_ids, account_rules) as wanted (id, rule)
     cross join jsonb_to_record(chart -> wanted.rule)
        as rule (type text, currency text, minimum_cents bigint, maximum_cents bigint, hot boolean)
     order by wanted.id collate "C"
    on conflict (id) do nothing;
  end if;

  insert into ledger_transfer (idempotency_key, kind, month, debit_account_id, credit_account_id, amount_cents, currency,
                               occurred_at, cause_event_id, stripe_id, corrects, run_kind, recorded_at)
  select wanted.*, ledger_post_transfers.recorded_at
    from unnest(idempotency_keys, kinds, months, debit_account_ids, credit_account_ids, amounts, currencies,
                occurred_ats, cause_event_ids, stripe_ids, corrected_keys, run_kinds)
      as wanted (idempotency_key)
   order by wanted.idempotency_key collate "C"
  on conflict (idempotency_key) do nothing;
  get diagnostics posted = row_count;

  if posted < cardinality(idempotency_keys) then
    -- A replay says the same again, at another time: everything but recorded_at must be equal.
    select wanted.idempotency_key
      into refused_key
      from unnest(idempotency_keys, kinds, months, debit_account_ids, credit_account_ids, amounts, currencies,
                  occurred_ats, cause_event_ids, stripe_ids, corrected_keys, run_kinds)
        as wanted (idempotency_key, kind, month, debit_account_id, credit_account_id, amount_cents, currency,
                   occurred_at, cause_event_id, stripe_id, corrects, run_kind)
      join ledger_transfer as known using (idempotency_key)
     where (known.kind, known.month, known.debit_account_id, known.credit_account_id, known.amount_cents, known.currency,
            known.occurred_at, known.cause_event_id, known.stripe_id, known.corrects, known.run_kind)
           is distinct from
           (wanted.kind, wanted.month, wanted.debit_account_id, wanted.credit_account_id, wanted.amount_cents,
            wanted.currency, wanted.occurred_at, wanted.cause_event_id, wanted.stripe_id, wanted.corrects, wanted.run_kind)
     limit 1;
    if found then
      raise exception 'ledger: idempotency key % was posted before with other content', refused_key
        using errcode = 'unique_violation', constraint = 'ledger_transfer_replay';
    end if;
  end if;
  return posted;
end $$;

revoke execute on function ledger_post_transfers from public;
grant execute on function ledger_post_transfers to {{app_role}};
