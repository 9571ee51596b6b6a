-- Operators read Stripe's events from the newest on.

create index stripe_event_received on stripe_event (received_at desc, id desc);
create index subscription_live on subscription (id) where state in ('active', 'past_due');
