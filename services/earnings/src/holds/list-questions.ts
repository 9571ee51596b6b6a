import { QuestionsPageSchema, QuestionsQuerySchema } from '@wewrite/contracts';
import { identityOf, problemResponses, type Server } from '@wewrite/service-kit';
import type { Context } from '../db.ts';
import { lineKeys } from '../line-key.ts';
import { readQuestions } from './question.ts';

/** `GET /v1/questions`: who asked sees the own ones, an administrator all of them. */
export function listQuestions(server: Server, context: Context): void {
  const keys = lineKeys(context.config.LINE_KEY_SECRET);
  server.get(
    '/v1/questions',
    {
      schema: {
        summary: "Questions about lines: one's own, or for an admin all",
        querystring: QuestionsQuerySchema,
        response: { 200: QuestionsPageSchema, ...problemResponses },
      },
      config: { access: ['supporter', 'writer', 'admin'] },
    },
    async (request) => {
      const { userId, roles } = identityOf(request);
      const shownToAdmin = roles.has('admin');
      const { state, cursor: after, limit } = request.query;
      const which = { state, after, shownToAdmin, askedBy: shownToAdmin ? undefined : userId };
      const questions = await readQuestions(context.database.kysely, keys, which, limit + 1);
      const page = questions.slice(0, limit);
      return { questions: page, nextCursor: questions.length > limit ? (page.at(-1)?.questionId ?? null) : null };
    },
  );
}
