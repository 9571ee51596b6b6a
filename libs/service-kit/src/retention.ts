import { topics } from '@wewrite/contracts';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { answerRetentionMs } from './http/idempotency.ts';
import type { Schedule } from './schedule.ts';
import type { TechnicalTime } from './technical-time.ts';

const dayMs = 24 * 60 * 60 * 1000;
const graceDays = 7;

/**
 * Forgets, in real time: inbox ids that Kafka cannot repeat any more, each topic's retention and seven days having passed,
 * and the answers of requests with an `Idempotency-Key`.
 */
export function retentionSchedule(options: { database: Database<unknown>; time: TechnicalTime }): Schedule {
  return {
    name: 'inbox_retention',
    cron: '0 4 * * *',
    catchUp: 'latest',
    run: async () => {
      const nowMs = options.time.now().getTime();
      const names = topics.map(({ name }) => name);
      const ends = topics.map(({ retentionDays }) => new Date(nowMs - (retentionDays + graceDays) * dayMs));
      await sql`
        delete from inbox using unnest(${names}::text[], ${ends}::timestamptz[]) as kept (topic, since)
        where inbox.topic = kept.topic and inbox.received_at < kept.since`.execute(options.database.kysely);
      const before = new Date(nowMs - answerRetentionMs);
      await sql`delete from idempotent_request where started_at < ${before}`.execute(options.database.kysely);
    },
  };
}
