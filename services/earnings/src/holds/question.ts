import { type Question, QuestionSchema } from '@wewrite/contracts';
import { sql } from 'kysely';
import type { Executor } from '../find-lines.ts';
import type { LineKeys } from '../line-key.ts';

/** Which questions: one, or after one, of a state, of who asked; with `shownToAdmin` lines go by their ids. */
export interface Which {
  readonly questionId?: string;
  readonly state?: 'open' | 'answered' | undefined;
  readonly after?: string | undefined;
  readonly askedBy?: string | undefined;
  readonly shownToAdmin?: boolean;
}

/** Questions with what came of them, oldest first. Who asked as a writer sees the line by its key. */
export async function readQuestions(
  executor: Executor,
  keys: LineKeys,
  { questionId, state, after, askedBy, shownToAdmin = false }: Which,
  limit: number,
): Promise<Question[]> {
  const { rows } = await sql<{ lineId: string; askedAs: string; askedAt: Date } & Record<string, unknown>>`
    select question_id as "questionId", line_id as "lineId", line_detail.month, asked_as as "askedAs", question.text,
      asked_at as "askedAt",
      case when answer.question_id is not null then json_build_object('text', answer.text,
        'at', to_char(answer.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'hold', case when hold_id is not null then
          json_build_object('holdId', hold_id, 'state', hold_state.state, 'reason', hold_state.reason) end)
      end as answer
    from question
    join line_detail using (run_id, chunk, position)
    left join answer using (question_id)
    left join hold_state using (hold_id)
    where (${questionId ?? null}::uuid is null or question_id = ${questionId ?? null})
      and (${after ?? null}::uuid is null or question_id > ${after ?? null})
      and (${askedBy ?? null}::text is null or asked_by = ${askedBy ?? null})
      and (${state ?? null}::text is null or (answer.question_id is null) = (${state ?? null} = 'open'))
    order by question_id limit ${limit}`.execute(executor);
  return rows.map(({ lineId, askedAt, ...row }) =>
    QuestionSchema.parse({
      ...row,
      line: row.askedAs === 'writer' && !shownToAdmin ? keys.lineKey(lineId) : lineId,
      askedAt: askedAt.toISOString(),
    }),
  );
}
