-- Facts in the order in which they were applied, so that a dispute that was concluded is told from one that was opened again;
-- and all of a payment, found without reading everything.

alter table payment_fact add column place bigint generated always as identity;
create index payment_fact_payment on payment_fact (payment_intent_id);
