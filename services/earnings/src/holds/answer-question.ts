import { AnswerQuestionSchema, QuestionSchema } from '@wewrite/contracts';
import { identityOf, keepAnswer, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Context, Tx } from '../db.ts';
import { lineKeys } from '../line-key.ts';
import { readQuestions } from './question.ts';

/** `POST /v1/questions/{id}/answer` (admin): an answer in words; one with a hold is given by placing it. */
export function answerQuestion(server: Server, context: Context): void {
  const keys = lineKeys(context.config.LINE_KEY_SECRET);
  server.post(
    '/v1/questions/:id/answer',
    {
      schema: {
        summary: 'Answer a question, and say what becomes of the line',
        params: z.object({ id: z.uuid() }),
        body: AnswerQuestionSchema,
        response: { 200: QuestionSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    (request, reply) =>
      context.database.transaction(async (tx) => {
        const { id: questionId } = request.params;
        const { text } = request.body;
        await writeAnswer(context, tx, { questionId, text, holdId: null, byUserId: identityOf(request).userId });
        const [question] = await readQuestions(tx, keys, { questionId, shownToAdmin: true }, 1);
        return keepAnswer(tx, reply, QuestionSchema.parse(question));
      }),
  );
}

/** Answers a question. Throws a Refusal when there is none, or it is answered already. */
export async function writeAnswer(
  { clock }: Context,
  tx: Tx,
  answer: { questionId: string; text: string; holdId: string | null; byUserId: string },
): Promise<void> {
  const { questionId, text, holdId, byUserId } = answer;
  const asked = await sql`select from question where question_id = ${questionId}`.execute(tx);
  if (asked.rows.length === 0) {
    throw new Refusal('not_found', 'There is no such question.', { field: 'questionId' });
  }
  const { numAffectedRows } = await sql`
    insert into answer (question_id, text, hold_id, by_user_id, at)
    values (${questionId}, ${text}, ${holdId}, ${byUserId}, ${clock.now()})
    on conflict do nothing`.execute(tx);
  if (numAffectedRows === 0n) {
    throw new Refusal('already_answered', 'The question has its answer.', { field: 'questionId' });
  }
}
