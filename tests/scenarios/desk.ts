import {
  BillingSweepSchema,
  type Cents,
  cutoffOf,
  type Hold,
  HoldSchema,
  type Month,
  QuestionSchema,
  UserIdSchema,
  WriterStateAnswerSchema,
  WrittenOffSchema,
} from '@wewrite/contracts';
import type { z } from 'zod';
import { pathOf } from '../../apps/cli/src/demo/api.ts';
import { startClose, whenReconciled } from '../../apps/cli/src/demo/close-month.ts';
import { closeInstantOf } from '../../apps/cli/src/input/replay.ts';
import { readClosedMonth } from '../../apps/cli/src/report/read-month.ts';
import type { ReportMonth, ReportSupporter, ReportWriter } from '../../apps/cli/src/report/report.ts';
import { reportMonth } from '../../apps/cli/src/report/report-month.ts';
import type { Place } from './place.ts';

/** A closed month, by person. */
export interface Closed {
  supporter(userId: string): Omit<ReportSupporter, 'userId'> | undefined;
  writer(userId: string): ReportWriter | undefined;
}

/** What is held: a line, or all that a writer earned in a month. */
export type Held = { readonly line: string } | { readonly recipientUserId: string; readonly month: Month };

/** What operators do. */
export interface Desk {
  /** Lets the month end, its funding be completed and renewals be paid, until the hour of the close. */
  awaitsClose(month: Month): Promise<void>;
  /** Starts the close of a month whose hour has come, and does not wait for it. */
  startsClose(month: Month): Promise<void>;
  /** Waits until a close that was started is reconciled. */
  reconciles(month: Month): Promise<Closed>;
  /** All of this. */
  closes(month: Month): Promise<Closed>;
  /** Asks Stripe about every renewal of a month again (E6). */
  sweeps(month: Month): Promise<z.infer<typeof BillingSweepSchema>>;
  holds(what: Held, questionId?: string): Promise<Hold>;
  releases(hold: Hold): Promise<Hold>;
  reverses(hold: Hold): Promise<Hold>;
  /** A supporter asks about a line; gives the question's id. */
  isAsked(userId: string, line: string): Promise<string>;
  /** Gives up what a writer owes, or a part of it; gives what is still owed. */
  writesOff(writer: string, amountCents?: number): Promise<Cents>;
  blocks(writer: string): Promise<void>;
  opens(writer: string): Promise<void>;
}

const halfAnHourMs = 30 * 60_000;
const reason = 'because of the scenario';

/** The operators of a place. */
export function deskOf(place: Place): Desk {
  const { ask, settled, world } = place;
  const { api, tokens } = world;
  const awaitsClose: Desk['awaitsClose'] = async (month) => {
    const cutoff = cutoffOf(month);
    const fundingIsCompleted = new Date(cutoff.getTime() + halfAnHourMs);
    for (const milestone of [cutoff, fundingIsCompleted, closeInstantOf(month)]) {
      if (milestone > place.now()) await place.at(milestone);
    }
  };
  const startsClose: Desk['startsClose'] = (month) => startClose(api, tokens.admin, month);
  const reconciles: Desk['reconciles'] = async (month) => {
    const progress = await whenReconciled(api, tokens.admin, month, () => undefined);
    await settled();
    return closedOf(reportMonth(await readClosedMonth(api, tokens.admin, month), progress, []));
  };
  const ends = async (hold: Hold, verb: 'release' | 'reverse') => {
    const path = pathOf('holds', hold.holdId, verb);
    const ended = await ask('admin', { method: 'POST', path, body: { reason }, answer: HoldSchema });
    await settled();
    return ended;
  };
  const setsState = async (writer: string, state: 'open' | 'blocked') => {
    const path = pathOf('writers', writer);
    const request = { method: 'PUT', path, body: { state }, answer: WriterStateAnswerSchema } as const;
    await api.ask({ ...request, token: tokens.service });
    await settled();
  };
  return {
    awaitsClose,
    startsClose,
    reconciles,
    closes: async (month) => {
      await awaitsClose(month);
      await startsClose(month);
      return reconciles(month);
    },
    sweeps: async (month) => {
      const path = pathOf('months', month, 'sweep');
      const swept = await ask('admin', { method: 'POST', path, answer: BillingSweepSchema });
      await settled();
      return swept;
    },
    holds: async (what, questionId) => {
      const body = { ...what, reason, ...(questionId === undefined ? {} : { questionId }) };
      const hold = await ask('admin', { method: 'POST', path: '/v1/holds', body, answer: HoldSchema });
      await settled();
      return hold;
    },
    releases: (hold) => ends(hold, 'release'),
    reverses: (hold) => ends(hold, 'reverse'),
    isAsked: async (userId, line) => {
      const body = { line, text: 'I never read this.' };
      const request = { method: 'POST', path: '/v1/questions', body, answer: QuestionSchema } as const;
      return (await ask(userId, request)).questionId;
    },
    writesOff: async (writer, amountCents) => {
      const path = pathOf('obligations', UserIdSchema.parse(writer), 'write-off');
      const body = { reason, ...(amountCents === undefined ? {} : { amountCents }) };
      const { receivableCents } = await ask('admin', { method: 'POST', path, body, answer: WrittenOffSchema });
      await settled();
      return receivableCents;
    },
    blocks: (writer) => setsState(writer, 'blocked'),
    opens: (writer) => setsState(writer, 'open'),
  };
}

function closedOf(report: ReportMonth): Closed {
  return {
    supporter: (userId) => {
      const found = report.supporters.find((supporter) => supporter.userId === userId);
      if (found === undefined) return undefined;
      const { userId: _known, ...amounts } = found;
      return amounts;
    },
    writer: (userId) => report.writers.find((writer) => writer.userId === userId),
  };
}
