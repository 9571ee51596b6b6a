import {
  type CloseStep,
  cents,
  closeSteps,
  type MonthProgress,
  MonthProgressSchema,
  MonthSchema,
  type RunKind,
  RunKindSchema,
  rehearsedSteps,
  type StepProgress,
} from '@wewrite/contracts';
import { problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { z } from 'zod';
import type { Context, MonthRunTable } from './db.ts';
import { findRun } from './find-run.ts';
import { type LoadedStep, loadRun } from './load-run.ts';
import { rehearsalVerdictOf } from './rehearsal-verdict.ts';
import { countsOf, verdictOf } from './verdict.ts';

/** F1: where a month stands, step by step; its close, once there is one. */
export function readMonthProgress(server: Server, context: Context): void {
  server.get(
    '/v1/months/:month/progress',
    {
      schema: {
        summary: 'Where a month stands, step by step, and whether every cent is explained',
        params: z.object({ month: MonthSchema }),
        querystring: z.strictObject({ kind: RunKindSchema.default('close') }),
        response: { 200: MonthProgressSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async (request) => {
      const { kysely } = context.database;
      const { month } = request.params;
      const { kind } = request.query;
      const run = await findRun(kysely, { month, kind });
      if (run === undefined) throw new Refusal('not_found', `No ${kind} of ${month} has begun.`);
      const { steps, books } = await loadRun(kysely, run.run_id);
      const verdict = kind === 'rehearsal' ? rehearsalVerdictOf(steps) : verdictOf(steps, books);
      return progressOf(run, steps, verdict);
    },
  );
}

function progressOf(
  run: MonthRunTable,
  steps: readonly LoadedStep[],
  verdict: ReturnType<typeof verdictOf>,
): MonthProgress {
  // A reconciled month stays so; what later months do to the balances is judged with them.
  const isReconciled = run.state === 'reconciled';
  const known = new Map(steps.map((step) => [step.step, step]));
  return {
    month: MonthSchema.parse(run.month),
    runId: run.run_id,
    kind: run.kind,
    state: isReconciled ? 'reconciled' : verdict.state,
    reconciled: isReconciled,
    unexplainedCents: isReconciled ? cents(0) : verdict.unexplainedCents,
    traceId: run.trace_id,
    steps: stepsOf(run.kind).map((step) => stepOf(step, known)),
    waitingFor: isReconciled ? [] : [...verdict.waitingFor],
    equations: isReconciled ? run.equations : [...verdict.equations],
    differences: isReconciled ? [] : [...verdict.differences],
  };
}

function stepsOf(kind: RunKind): readonly CloseStep[] {
  return kind === 'rehearsal' ? rehearsedSteps : (Object.keys(closeSteps) as CloseStep[]);
}

function stepOf(step: CloseStep, known: ReadonlyMap<string, LoadedStep>): StepProgress {
  const { expected, done } = countsOf(step, known);
  const loaded = known.get(step);
  const isDone = step === 'payout_books' && expected !== null && done === expected;
  return {
    step,
    service: closeSteps[step],
    expected,
    done,
    state: isDone ? 'done' : (loaded?.state ?? 'waiting'),
    durationMs: loaded === undefined ? null : loaded.changed_at.getTime() - loaded.started_at.getTime(),
    sums: Object.fromEntries(Object.entries(loaded?.sums ?? {}).map(([name, value]) => [name, cents(value)])),
  };
}
