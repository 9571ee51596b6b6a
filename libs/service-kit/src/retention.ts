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
      for (const topic of topics) {
        const before = new Date(options.time.now().getTime() - (topic.retentionDays + graceDays) * dayMs);
        await sql`delete from inbox where topic = ${topic.name} and received_at < ${before}`.execute(
          options.database.kysely,
        );
      }
      const before = new Date(options.time.now().getTime() - answerRetentionMs);
      await sql`delete from idempotent_request where started_at < ${before}`.execute(options.database.kysely);
    },
  };
}
