import { type ProblemCode, ProblemSchema } from '@wewrite/contracts';
import { z } from 'zod';
import type { Census } from '../census.ts';
import type { Act, Answer, Deed } from '../deed.ts';
import { BrokenPromise, promised } from './promise.ts';
import type { Call, Caller, Reply, Stage } from './stage.ts';
import type { Town } from './town.ts';

/** What was answered in the end: a body, or a refusal. `isRepeated`: an earlier sending has had no answer. */
export type Answered = (
  | { readonly outcome: 'accepted'; readonly body: unknown }
  | { readonly outcome: 'refused'; readonly code: ProblemCode }
) & { readonly isRepeated: boolean };

/** A stage with people on it, and the log of what they do. */
export interface Scene {
  readonly stage: Stage;
  readonly town: Town;
  readonly census: Census;
  readonly deeds: readonly Deed[];
  /** Asks until there is a definite answer; a POST carries one idempotency key all the while. `busy` is one to who says so. */
  ask(call: Call, expects?: { readonly busy: boolean }): Promise<Answered>;
  /** What an allowed reading says. Throws a BrokenPromise when it is refused. */
  read<Shape>(as: Caller, path: string, schema: z.ZodType<Shape>): Promise<Shape>;
  /** Writes a deed down, of this instant unless Stripe dates it. */
  record(act: Act, answer: Answer | Answered, at?: string): void;
  /** Waits until everything is known everywhere; at once when nothing has been done since. */
  settle(): Promise<void>;
  /** Whether Stripe may hold something new since this was asked last. */
  hasStripeMoved(): boolean;
  moveClock(to: Date): Promise<void>;
}

/** What Stripe or a bank does is not asked for. */
export const accepted: Answer = { outcome: 'accepted' };

export const admin: Caller = { userId: 'olga', roles: ['admin'] };
export const site: Caller = { userId: 'site', roles: ['service'] };
/** A user of the site: everybody may support, and whoever has written something is paid. */
export const person = (userId: string): Caller => ({ userId, roles: ['supporter', 'writer'] });

const mostSendings = 200;
const stepsBetweenSendings = 10;

/** Puts the people of a town on a stage. */
export function openScene(stage: Stage, town: Town, census: Census): Scene {
  const deeds: Deed[] = [];
  let isQuiet = false;
  let stripeMoved = true;
  let asked = 0;
  const touchStripe = () => {
    stripeMoved = true;
    isQuiet = false;
  };
  let wasQuiet = false;
  const send = async (call: Call, isBusyAnswer: boolean): Promise<Answered> => {
    asked += 1;
    wasQuiet = isQuiet;
    if (call.method !== 'GET') touchStripe();
    const keyed = call.method === 'POST' ? { 'idempotency-key': `simulation-${asked}`, ...call.headers } : call.headers;
    for (let sending = 0; sending < mostSendings; sending++) {
      const reply = await stage.ask({ ...call, ...(keyed === undefined ? {} : { headers: keyed }) });
      const read = readReply(call, reply);
      const isBusy = read !== 'ask again' && read.outcome === 'refused' && read.code === 'busy';
      if (read !== 'ask again' && (isBusyAnswer || !isBusy)) return { ...read, isRepeated: sending > 0 };
      census.count('refusal', isBusy ? 'busy' : 'unavailable');
      for (let step = 0; step < stepsBetweenSendings; step++) await stage.step();
    }
    throw new BrokenPromise(`A5: ${call.method} ${call.path} had no answer.`);
  };
  return {
    stage: {
      ...stage,
      get stripe() {
        touchStripe();
        return stage.stripe;
      },
      orderAtStripe: (path, body) => {
        touchStripe();
        return stage.orderAtStripe(path, body);
      },
    },
    town,
    census,
    deeds,
    ask: async (call, { busy } = { busy: false }) => {
      const answered = await send(call, busy);
      if (answered.outcome === 'refused') census.count('refusal', answered.code);
      return answered;
    },
    read: async (as, path, schema) => {
      const answered = await send({ as, method: 'GET', path }, false);
      if (answered.outcome === 'accepted') return schema.parse(answered.body);
      throw new BrokenPromise(`GET ${path} was refused: ${answered.code}.`);
    },
    record: (act, answered, at = stage.now().toISOString()) => {
      const isRefused = answered.outcome === 'refused';
      const answer: Answer = isRefused ? { outcome: 'refused', code: answered.code } : accepted;
      const isRepeated = 'isRepeated' in answered && answered.isRepeated;
      census.count('deed', isRefused ? `${act.kind}, refused` : act.kind);
      deeds.push({ ...act, at, answer, knownEverywhere: wasQuiet, isRepeated });
    },
    settle: async () => {
      if (isQuiet) return;
      await stage.settle();
      isQuiet = true;
    },
    moveClock: async (to) => {
      await stage.moveClock(to);
      touchStripe();
    },
    hasStripeMoved: () => {
      const moved = stripeMoved;
      stripeMoved = false;
      return moved;
    },
  };
}

const SummarySchema = z.object({
  summary: z.object({
    totalCents: z.int(),
    allocatedCents: z.int(),
    availableCents: z.int(),
    overspentCents: z.int(),
  }),
});

/** What is away for a moment is asked again, as clients are told to. */
function readReply(call: Call, { status, body }: Reply) {
  if (status === 0 || status === 503) return 'ask again';
  const summary = SummarySchema.safeParse(body).data?.summary;
  if (summary !== undefined) checkSummary(call, summary);
  if (status < 400) return { outcome: 'accepted', body } as const;
  const { code } = ProblemSchema.parse(body);
  promised(status < 500, `${call.method} ${call.path} was answered ${status}: ${JSON.stringify(body)}`);
  return { outcome: 'refused', code } as const;
}

function checkSummary(call: Call, summary: z.infer<typeof SummarySchema>['summary']): void {
  const { totalCents, allocatedCents, availableCents, overspentCents } = summary;
  promised(
    totalCents === allocatedCents + availableCents - overspentCents && Math.min(availableCents, overspentCents) === 0,
    `A3: ${call.method} ${call.path} was answered ${JSON.stringify(summary)}`,
  );
}
