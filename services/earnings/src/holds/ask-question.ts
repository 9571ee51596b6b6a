import { AskQuestionSchema, QuestionSchema } from '@wewrite/contracts';
import { identityOf, keepAnswer, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { Context } from '../db.ts';
import { findLine } from '../find-lines.ts';
import { lineKeys } from '../line-key.ts';
import { readQuestions } from './question.ts';

/** `POST /v1/questions`: a line's supporter, by its id, or its writer, by its key, has it looked at (E5). */
export function askQuestion(server: Server, context: Context): void {
  const keys = lineKeys(context.config.LINE_KEY_SECRET);
  server.post(
    '/v1/questions',
    {
      schema: {
        summary: 'Ask about a line',
        body: AskQuestionSchema,
        response: { 201: QuestionSchema, ...problemResponses },
      },
      config: { access: ['supporter', 'writer'] },
    },
    async (request, reply) => {
      const { userId, roles } = identityOf(request);
      const { line: lineId, text } = request.body;
      // An administrator asks as whose line it is, too.
      const identity = { userId, roles: new Set([...roles].filter((role) => role !== 'admin')) };
      const line = await findLine(context, { lineId, keys, identity });
      if (line === null) {
        throw new Refusal('not_found', 'There is no such line of yours in a month that is calculated.', {
          field: 'line',
        });
      }
      const questionId = context.ids.next();
      const askedAs = lineId === line.lineId ? 'supporter' : 'writer';
      return context.database.transaction(async (tx) => {
        await sql`
          insert into question (question_id, run_id, chunk, position, asked_by, asked_as, text, asked_at)
          values (${questionId}, ${line.runId}, ${line.chunk}, ${line.position}, ${userId}, ${askedAs}, ${text},
            ${context.clock.now()})`.execute(tx);
        const [question] = await readQuestions(tx, keys, { questionId }, 1);
        reply.status(201);
        return keepAnswer(tx, reply, QuestionSchema.parse(question));
      });
    },
  );
}
