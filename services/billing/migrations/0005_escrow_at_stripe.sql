-- Moves of escrow that Stripe makes: sent under an idempotency key, followed until they have arrived. due_at and leases are
-- technical time.

alter table escrow_move
  add column attempt integer not null default 1,
  add column key_first_used_at timestamptz(3),
  add column tries integer not null default 0,
  add column due_at timestamptz(3),
  add column lease_until timestamptz(3),
  add column stripe_id text unique,
  add column reason text;
alter table escrow_move drop constraint escrow_move_state_check;
alter table escrow_move add constraint escrow_move_state_check check (
  state in ('pending', 'waiting_for_funds', 'sending', 'look_up', 'look_up_again', 'in_transit', 'failed', 'completed'));
