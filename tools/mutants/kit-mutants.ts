import type { Mutant } from './mutant.ts';

const kit = 'libs/service-kit/tests/kit.test.ts';
const replicas = 'libs/service-kit/tests/replicas.test.ts';
const idempotency = 'libs/service-kit/tests/idempotency.test.ts';
const brokerOnKafka = 'libs/service-kit/src/kafka/kafkajs-broker.test.ts';
const lostSessions = 'libs/service-kit/tests/lost-sessions.test.ts';
const outboxSkipsNothing = 'tests/outbox-skips-nothing.test.ts';

/** How messages come in and go out, and how requests are answered. */
export const kitMutants: readonly Mutant[] = [
  {
    name: 'inbox-check-off',
    rule: 'E1, B2',
    wrong: 'a message whose effect has committed has it again when it is delivered again',
    file: 'libs/service-kit/src/inbox.ts',
    edits: [{ from: 'messages.filter((message) => fresh.delete(message.id))', to: '[...messages]' }],
    tests: [kit],
  },
  {
    name: 'acknowledged-before-the-commit',
    rule: 'B5',
    wrong: 'records count as done while their transaction is still open',
    file: 'libs/service-kit/src/inbox.ts',
    edits: [
      {
        from: 'const outcome = await takeInPortions(options, hearing, records);',
        to: `takeInPortions(options, hearing, records).catch(() => undefined);
      const outcome: Taken = { doneCount: records.length };`,
      },
    ],
    tests: [kit],
  },
  {
    name: 'offsets-committed-before-the-handler',
    rule: 'B5',
    wrong: 'Kafka is told that records are done before the handler has had them',
    file: 'libs/service-kit/src/kafka/kafkajs-deliveries.ts',
    edits: [
      {
        from: 'const { doneCount, retryAfterMs } = await keepAlive(',
        to: `const last = piece.at(-1)?.offset ?? 0n;
      await commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset: String(last + 1n) }] }] });
      resolveOffset(String(last));
      const { doneCount, retryAfterMs } = await keepAlive(`,
      },
    ],
    tests: [brokerOnKafka],
  },
  {
    name: 'auto-resolve-on',
    rule: 'B5',
    wrong: 'kafkajs resolves a whole batch after an early return',
    file: 'libs/service-kit/src/kafka/kafkajs-session.ts',
    edits: [{ from: 'eachBatchAutoResolve: false', to: 'eachBatchAutoResolve: true' }],
    tests: [brokerOnKafka],
  },
  {
    name: 'rehearsals-reach-the-real-handler',
    rule: 'B4',
    wrong: 'messages of a rehearsal are handled as those of a close',
    file: 'libs/service-kit/src/inbox.ts',
    edits: [{ from: 'if (real.length > 0) await handle(tx, real);', to: 'await handle(tx, fresh);' }],
    tests: ['libs/service-kit/tests/rehearsals.test.ts'],
  },
  {
    name: 'poison-dropped',
    rule: 'B5',
    wrong: 'a message that cannot be handled is left out without a trace',
    file: 'libs/service-kit/src/inbox.ts',
    edits: [
      {
        from: 'return parkOne(options, hearing.topic, only, error);',
        to: 'return { doneCount: 1 };',
      },
    ],
    tests: [kit],
  },
  {
    name: 'poison-holds-up-its-neighbours',
    rule: 'B5',
    wrong: 'a batch with one bad message is put aside as far as its first message, good or bad',
    file: 'libs/service-kit/src/inbox.ts',
    edits: [{ from: 'if (records.length === 1 && only !== undefined)', to: 'if (only !== undefined)' }],
    tests: [kit],
  },
  {
    name: 'passing-trouble-parks',
    rule: 'B5',
    wrong: 'a message is put aside because Postgres was away for a moment',
    file: 'libs/service-kit/src/inbox.ts',
    edits: [{ from: 'if (isTransient(error) && !isTimeout(error)) return', to: 'if (error === null) return' }],
    tests: [kit],
  },
  {
    name: 'lost-session-is-our-fault',
    rule: 'B5',
    wrong: 'a connection that is reset counts as a mistake, not as something to try again',
    file: 'libs/service-kit/src/transient.ts',
    edits: [{ from: "  'ECONNRESET',\n", to: '' }],
    tests: [lostSessions],
  },
  {
    name: 'lost-session-ends-the-process',
    rule: 'B5',
    wrong: 'a service dies when the database ends a connection that it has outside of its pool',
    file: 'libs/service-kit/src/database.ts',
    edits: [{ from: '      tolerateItsEnd(client);\n', to: '' }],
    tests: [lostSessions],
  },
  {
    name: 'relay-with-a-cursor',
    rule: 'B5',
    wrong: 'the relay goes on after the highest id that it has sent, past rows that commit late',
    file: 'libs/service-kit/src/relay.ts',
    edits: [
      {
        from: 'from (select * from outbox order by id',
        to: 'from (select * from outbox where id > ${cursor} order by id',
      },
      {
        from: 'order by id`.execute(database.kysely);\n  return rows;\n}',
        to: 'order by id`.execute(database.kysely);\n  cursor = rows.at(-1)?.id ?? cursor;\n  return rows;\n}\n\nlet cursor = 0;',
      },
    ],
    tests: [outboxSkipsNothing],
  },
  {
    name: 'relay-deletes-before-it-sends',
    rule: 'B5',
    wrong: 'what a failed send has not brought to Kafka is gone from the outbox',
    file: 'libs/service-kit/src/relay.ts',
    edits: [
      {
        from: `  await broker.send(records);
  const ids = batch.map((row) => row.id);
  await sql\`delete from outbox where id = any(\${ids}::bigint[])\`.execute(database.kysely);`,
        to: `  const ids = batch.map((row) => row.id);
  await sql\`delete from outbox where id = any(\${ids}::bigint[])\`.execute(database.kysely);
  await broker.send(records);`,
      },
    ],
    tests: [outboxSkipsNothing],
  },
  {
    name: 'outbox-order-lost',
    rule: 'A5',
    wrong: 'messages of one transaction get their ids in another order than they were said in',
    file: 'libs/service-kit/src/outbox.ts',
    edits: [{ from: 'order by position\n', to: 'order by position desc\n' }],
    tests: [kit],
  },
  {
    name: 'completion-checked-before-the-update',
    rule: 'B5',
    wrong: 'a series is compared with its closing message before this part is counted',
    file: 'libs/service-kit/src/completion.ts',
    edits: [
      {
        from: 'const changed = await sql<CompletionRow>`',
        to: `const completed = await sql\`
    update completion set state = 'complete'
    where run_id = \${run.runId} and series = \${series} and state = 'collecting' and done = expected\`.execute(tx);
  const changed = await sql<CompletionRow>\``,
      },
      {
        from: `  const completed = await sql\`
    update completion set state = 'complete'
    where run_id = \${run.runId} and series = \${series} and state = 'collecting' and done = expected\`.execute(tx);
  const row`,
        to: '  const row',
      },
    ],
    tests: [replicas],
  },
  {
    name: 'completion-by-count-alone',
    rule: 'B3, B5',
    wrong: 'a series is complete when its parts are all there, whatever their sums',
    file: 'libs/service-kit/src/completion.ts',
    edits: [{ from: 'and done = expected`', to: 'and done[1] = expected[1]`' }],
    tests: [replicas],
  },
  {
    name: 'completion-told-again',
    rule: 'B2',
    wrong: 'each part that comes after a series was complete completes it once more',
    file: 'libs/service-kit/src/completion.ts',
    edits: [{ from: "and state = 'collecting' and done = expected", to: 'and done = expected' }],
    tests: [replicas, 'services/billing/tests/close.test.ts'],
  },
  {
    name: 'idempotency-key-not-bound-to-the-body',
    rule: 'Idempotency-Key',
    wrong: 'another request under the same key gets the answer of the first',
    file: 'libs/service-kit/src/http/idempotency.ts',
    edits: [{ from: 'if (!row.fingerprint.equals(asked.fingerprint)) {', to: 'if (row.fingerprint.length === 0) {' }],
    tests: [idempotency],
  },
  {
    name: 'idempotency-key-taken-over-at-once',
    rule: 'Idempotency-Key',
    wrong: 'a repetition runs the request that is still under way once more',
    file: 'libs/service-kit/src/http/idempotency.ts',
    edits: [
      { from: 'return row.lease_until <= now ? takeOver(', to: 'return row.status === null ? takeOver(' },
      { from: 'and status is null and lease_until <= ${now}`', to: 'and status is null`' },
    ],
    tests: [idempotency],
  },
  {
    name: 'idempotency-key-taken-over-by-two',
    rule: 'Idempotency-Key',
    wrong: 'two repetitions that find the same claim ended both take its place',
    file: 'libs/service-kit/src/http/idempotency.ts',
    edits: [{ from: 'and status is null and lease_until <= ${now}`', to: 'and status is null`' }],
    tests: [idempotency],
  },
  {
    name: 'overtaken-request-commits',
    rule: 'Idempotency-Key',
    wrong: 'a request whose place a repetition has taken has its effect all the same',
    file: 'libs/service-kit/src/http/idempotency.ts',
    edits: [{ from: 'if (!isKept) throw', to: 'if (body === null) throw' }],
    tests: [idempotency],
  },
  {
    name: 'keys-shared-between-users',
    rule: 'Idempotency-Key',
    wrong: 'a key answers with what another user was answered',
    file: 'libs/service-kit/src/http/idempotency.ts',
    edits: [{ from: 'return { userId: request.identity.userId, route', to: "return { userId: 'everybody', route" }],
    tests: [idempotency],
  },
  {
    name: 'roles-not-checked',
    rule: 'Identity',
    wrong: 'any valid token opens every route',
    file: 'libs/service-kit/src/http/server.ts',
    edits: [{ from: 'if (!access.some((role) => identity.roles.has(role))) {', to: 'if (access.length === 0) {' }],
    tests: [kit],
  },
  {
    name: 'tokens-not-verified',
    rule: 'Identity',
    wrong: 'a token counts without its signature',
    file: 'libs/service-kit/src/http/identity.ts',
    edits: [
      {
        from: 'await jwtVerify(token, keys, expectations).then(',
        to: `await Promise.resolve({
      payload: JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')),
    }).then(`,
      },
    ],
    tests: [kit],
  },
  {
    name: 'schedule-runs-twice',
    rule: 'B2',
    wrong: 'a due run is taken from a replica that is at work on it',
    file: 'libs/service-kit/src/schedule.ts',
    edits: [
      {
        from: "where known.state = 'running' and known.lease_until <= ${time.now()}",
        to: "where known.state = 'running'",
      },
    ],
    tests: ['libs/service-kit/tests/leases.test.ts'],
  },
  {
    name: 'runs-remembered-as-they-were',
    rule: 'A8',
    wrong: 'a replica that has not seen what another has run stays behind it, and runs nothing any more',
    file: 'libs/service-kit/src/schedule.ts',
    edits: [
      {
        from: '    await readLastRuns(options, lastRuns);',
        to: '    if (lastRuns.size === 0) await readLastRuns(options, lastRuns);',
      },
    ],
    tests: ['libs/service-kit/tests/schedule.test.ts'],
  },
  {
    name: 'missed-runs-forgotten',
    rule: 'A8',
    wrong: 'after a stop only the latest of the missed runs is made up for',
    file: 'libs/service-kit/src/schedule.ts',
    edits: [{ from: "if (schedule.catchUp === 'each') return next;", to: "if (schedule.name === '') return next;" }],
    tests: [kit],
  },
];
