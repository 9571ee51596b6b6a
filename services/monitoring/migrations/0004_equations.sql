-- What a run was reconciled by: later months change the balances, and what was equal then is kept as it was.

alter table month_run add column equations jsonb not null default '[]';
