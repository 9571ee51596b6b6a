-- Subscriptions that are paid on Stripe's own page: without a card of ours, with a session that completes or expires.

alter table subscription
  alter column payment_method_id drop not null,
  add column checkout_session_id text unique,
  add column checkout_expires_at timestamptz(3),
  add constraint subscription_checkout check (
    (payment_method_id is null) = (checkout_expires_at is not null)
    and (checkout_session_id is null or checkout_expires_at is not null));

-- The one configuration of the customer portal at Stripe, which gives it an id of its own.
create table portal_configuration (
  single boolean primary key default true check (single),
  stripe_id text not null
);
