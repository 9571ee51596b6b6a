-- How many messages have moved what writers are owed, by topic: payouts counts the same ones, and balances are compared
-- only where both have them all.

create table taken_in (
  topic text collate "C" primary key,
  messages bigint not null
);
comment on table taken_in is 'Writers'' months, payouts that have ended or come back, and adjustments that moved something, as they are posted.';

insert into taken_in
select 'earnings.calculated', coalesce(sum(done[1]), 0) from completion where series = 'earnings_books' and kind = 'close'
union all
select 'payout.settled', coalesce(sum(done[1]), 0) + (
    select count(*) from ledger_transfer where kind = 'payout_returned' and corrects ^@ 'writer_payout:')
  from completion where series = 'payout_books'
union all
select 'balance.adjusted', count(distinct split_part(idempotency_key, ':', 2)) from ledger_transfer
 where kind in ('refund', 'refund_failed', 'dispute_lost', 'operator', 'receivable_repaid', 'write_off')
   and (debit_account_id in ('creator_obligations', 'creator_receivables')
     or credit_account_id in ('creator_obligations', 'creator_receivables'));
revoke insert, delete on taken_in from {{app_role}};
