import type { ServiceDefinition } from '@wewrite/service-kit';
import { calculationLoop } from './calculate-earnings.ts';
import { type Config, environment } from './config.ts';
import type { Schema } from './db.ts';
import { hearingsOf } from './events.ts';
import { explainLine } from './explain/explain-line.ts';
import { explainWriterMonth } from './explain/explain-writer-month.ts';
import { answerQuestion } from './holds/answer-question.ts';
import { askQuestion } from './holds/ask-question.ts';
import { endHold } from './holds/end-hold.ts';
import { listHolds } from './holds/list-holds.ts';
import { listQuestions } from './holds/list-questions.ts';
import { placeHold } from './holds/place-hold.ts';
import { listEarnings } from './list-earnings.ts';
import { listLines } from './list-lines.ts';
import { listSupporters } from './list-supporters.ts';
import { listWriters } from './list-writers.ts';
import { forecastEarnings } from './outlook/forecast-earnings.ts';
import { showImpact } from './outlook/show-impact.ts';
import { readEarnings } from './read-earnings.ts';
import { readMonthTotals } from './read-month-totals.ts';
import { exportEarnings } from './records/export-earnings.ts';
import { printStatement } from './records/print-statement.ts';
import { reversalLoop } from './reversals/apply-reversals.ts';
import { listReversals } from './reversals/list-reversals.ts';
import { retryReversal } from './reversals/retry-reversal.ts';

const routes = [
  listEarnings,
  readEarnings,
  exportEarnings,
  printStatement,
  forecastEarnings,
  showImpact,
  listLines,
  listWriters,
  listSupporters,
  readMonthTotals,
  explainLine,
  explainWriterMonth,
  askQuestion,
  listQuestions,
  answerQuestion,
  placeHold,
  endHold,
  listHolds,
  listReversals,
  retryReversal,
];

/** The service that keeps the lines of each month and works out what writers earned (C1, C2, C4). */
export const earnings: ServiceDefinition<Config, Schema> = {
  name: 'earnings',
  version: '0.1.0',
  environment,
  migrations: [{ name: 'earnings', directory: new URL('../migrations/', import.meta.url) }],
  create: (context) => ({
    hearings: hearingsOf(context),
    loops: [calculationLoop(context), reversalLoop(context)],
    routes: (server) => {
      for (const register of routes) register(server, context);
    },
  }),
};
