-- A rehearsal says which budgets it has known: billing's own are compared with them only where none was on its way.

alter table rehearsal add column budget_changes bigint;
comment on column rehearsal.budget_changes is 'How often the month''s budgets had changed as its lock began: the sum of their versions.';
