-- A8: missed months are closed one after another. What a month pays depends on what the one before has paid, so its lock
-- waits until that one is reconciled.

alter table month_close add column reconciled boolean not null default false;
comment on column month_close.reconciled is 'True once its close is over in all services, as monitoring has said.';

-- What was locked before this was known is waited for by nobody.
update month_close set reconciled = true where state = 'locked';
