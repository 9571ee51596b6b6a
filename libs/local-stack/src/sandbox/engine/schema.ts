/** Tables beside those of the objects: the sandbox's own memory. */
export const schema = `
CREATE TABLE IF NOT EXISTS clock (
  only INTEGER PRIMARY KEY CHECK (only = 1), business_ms INTEGER NOT NULL, real_ms INTEGER NOT NULL, running INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS settings (only INTEGER PRIMARY KEY CHECK (only = 1), body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS clock_follower (url TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS due (
  at INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (at, kind, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS balance_total (
  currency TEXT PRIMARY KEY, available_cents INTEGER NOT NULL, pending_cents INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS unlisted (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, until_real_ms INTEGER NOT NULL, lists_left INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS webhook_target (
  id TEXT PRIMARY KEY, url TEXT NOT NULL, secret TEXT NOT NULL, audience TEXT NOT NULL, enabled_events TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS delivery (
  id INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL, target_id TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, queued_ms INTEGER NOT NULL, next_attempt_ms INTEGER NOT NULL, given_up INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS delivery_waiting ON delivery (next_attempt_ms, id) WHERE given_up = 0;
CREATE INDEX IF NOT EXISTS delivery_event ON delivery (event_id);
CREATE TABLE IF NOT EXISTS idempotent_answer (
  api TEXT NOT NULL, key TEXT NOT NULL, path TEXT NOT NULL, fingerprint TEXT NOT NULL, request_id TEXT NOT NULL,
  status INTEGER NOT NULL, body TEXT NOT NULL, answered_real_ms INTEGER NOT NULL, PRIMARY KEY (api, key)
);
CREATE TABLE IF NOT EXISTS request (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, request_id TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
  parameters TEXT NOT NULL, idempotency_key TEXT, status INTEGER, replayed INTEGER NOT NULL, real_ms INTEGER NOT NULL
);
`;
