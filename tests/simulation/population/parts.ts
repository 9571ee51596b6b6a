import { authenticate, changeCard, loseCard, payLate, raiseWithHolder } from './card-parts.ts';
import {
  answerQuestion,
  askAboutEarnings,
  askQuestion,
  placeHold,
  releaseHold,
  repeatEvent,
  resumePayouts,
  reverseHold,
  sweepRenewals,
  writeOff,
} from './desk-parts.ts';
import { drainBalance, emptyBalance } from './drain-balance.ts';
import type { Part } from './part.ts';
import { dispute, endDispute, refund, refundCents, warnOfFraud } from './payment-parts.ts';
import {
  cancelPayout,
  cancelSentPayout,
  declinePayout,
  endHeldPayout,
  failEscrowMove,
  hastenPayouts,
  holdPayout,
  loseAccount,
  orderAboutPayout,
} from './payout-parts.ts';
import {
  forsake,
  keepPreferences,
  makeEvenPlan,
  makePlan,
  removeAllocation,
  setAllocation,
  setTogether,
  undoChange,
} from './plan-parts.ts';
import { probe, repeatKey } from './probe.ts';
import { regret } from './regret.ts';
import { changeSchedule, makeSchedule, planSpan, planTooMuch, removeSchedule } from './schedule-parts.ts';
import { cancel, changeAmount, checkOut, lowerAndRaise, resume, subscribe } from './subscription-parts.ts';
import { failFinalization, removeSubscription, retryRefund } from './support-parts.ts';
import { arrive, changeAccount, handOver, returnPayout, setWriterState } from './writer-parts.ts';

/** What acts are about. A seed favours some, so that rare things meet. */
export type Theme = 'plans' | 'schedules' | 'subscriptions' | 'payments' | 'writers' | 'desk' | 'attempts';

interface CastPart {
  readonly part: Part;
  readonly theme: Theme;
  readonly by: 'supporter' | 'writer';
  /** How often it is drawn, against the others; 0 for what only begins a town. */
  readonly weight: number;
  /** It is about a month that is closed: it is drawn later only, and then the more. */
  readonly isAboutClosed?: boolean;
  /** At a month's turn it is done before anything else is. */
  readonly isBeforeTurn?: boolean;
  /** It happens while a month is closed, at the moment that it looks for: drawn for closes only, or for those of one escrow. */
  readonly isOf?: 'close' | 'close with storage' | 'close with connect';
}

/** What people may do. */
export const parts = {
  set: { part: setAllocation, theme: 'plans', by: 'supporter', weight: 24 },
  setTogether: { part: setTogether, theme: 'plans', by: 'supporter', weight: 5 },
  remove: { part: removeAllocation, theme: 'plans', by: 'supporter', weight: 4 },
  undo: { part: undoChange, theme: 'plans', by: 'supporter', weight: 4 },
  forsake: { part: forsake, theme: 'plans', by: 'writer', weight: 1 },
  keepPreferences: { part: keepPreferences, theme: 'plans', by: 'supporter', weight: 1 },
  makeSchedule: { part: makeSchedule, theme: 'schedules', by: 'supporter', weight: 5 },
  planSpan: { part: planSpan, theme: 'schedules', by: 'supporter', weight: 2 },
  planTooMuch: { part: planTooMuch, theme: 'schedules', by: 'supporter', weight: 1 },
  changeSchedule: { part: changeSchedule, theme: 'schedules', by: 'supporter', weight: 2 },
  removeSchedule: { part: removeSchedule, theme: 'schedules', by: 'supporter', weight: 2 },
  subscribe: { part: subscribe, theme: 'subscriptions', by: 'supporter', weight: 3 },
  checkOut: { part: checkOut, theme: 'subscriptions', by: 'supporter', weight: 2 },
  changeAmount: { part: changeAmount, theme: 'subscriptions', by: 'supporter', weight: 7 },
  lowerAndRaise: { part: lowerAndRaise, theme: 'subscriptions', by: 'supporter', weight: 2 },
  cancel: { part: cancel, theme: 'subscriptions', by: 'supporter', weight: 3 },
  resume: { part: resume, theme: 'subscriptions', by: 'supporter', weight: 2 },
  changeCard: { part: changeCard, theme: 'subscriptions', by: 'supporter', weight: 5 },
  authenticate: { part: authenticate, theme: 'subscriptions', by: 'supporter', weight: 3 },
  raiseWithHolder: { part: raiseWithHolder, theme: 'subscriptions', by: 'supporter', weight: 3 },
  removeSubscription: { part: removeSubscription, theme: 'subscriptions', by: 'supporter', weight: 1 },
  refund: { part: refund, theme: 'payments', by: 'supporter', weight: 5 },
  refundCents: { part: refundCents, theme: 'payments', by: 'supporter', weight: 2 },
  regret: { part: regret, theme: 'payments', by: 'supporter', weight: 1, isAboutClosed: true },
  dispute: { part: dispute, theme: 'payments', by: 'supporter', weight: 3 },
  endDispute: { part: endDispute, theme: 'payments', by: 'supporter', weight: 4 },
  warnOfFraud: { part: warnOfFraud, theme: 'payments', by: 'supporter', weight: 1 },
  retryRefund: { part: retryRefund, theme: 'payments', by: 'supporter', weight: 1, isAboutClosed: true },
  changeAccount: { part: changeAccount, theme: 'writers', by: 'writer', weight: 3 },
  setWriterState: { part: setWriterState, theme: 'writers', by: 'writer', weight: 4 },
  handOver: { part: handOver, theme: 'writers', by: 'writer', weight: 1 },
  returnPayout: { part: returnPayout, theme: 'writers', by: 'writer', weight: 3, isAboutClosed: true },
  askQuestion: { part: askQuestion, theme: 'desk', by: 'supporter', weight: 2, isAboutClosed: true },
  askAboutEarnings: { part: askAboutEarnings, theme: 'desk', by: 'writer', weight: 1, isAboutClosed: true },
  answerQuestion: { part: answerQuestion, theme: 'desk', by: 'writer', weight: 1, isAboutClosed: true },
  placeHold: { part: placeHold, theme: 'desk', by: 'writer', weight: 4, isAboutClosed: true },
  releaseHold: { part: releaseHold, theme: 'desk', by: 'writer', weight: 1, isAboutClosed: true },
  reverseHold: { part: reverseHold, theme: 'desk', by: 'writer', weight: 1, isAboutClosed: true },
  orderAboutPayout: { part: orderAboutPayout, theme: 'desk', by: 'writer', weight: 2, isAboutClosed: true },
  endHeldPayout: { part: endHeldPayout, theme: 'desk', by: 'writer', weight: 2, isAboutClosed: true },
  holdPayout: { part: holdPayout, theme: 'desk', by: 'writer', weight: 5, isOf: 'close' },
  cancelPayout: { part: cancelPayout, theme: 'desk', by: 'writer', weight: 4, isOf: 'close' },
  cancelSentPayout: { part: cancelSentPayout, theme: 'desk', by: 'writer', weight: 8, isOf: 'close with storage' },
  hastenPayouts: { part: hastenPayouts, theme: 'desk', by: 'writer', weight: 1, isOf: 'close' },
  failEscrowMove: { part: failEscrowMove, theme: 'desk', by: 'writer', weight: 10, isOf: 'close with storage' },
  declinePayout: { part: declinePayout, theme: 'writers', by: 'writer', weight: 8, isOf: 'close with storage' },
  loseAccount: { part: loseAccount, theme: 'writers', by: 'writer', weight: 3, isOf: 'close' },
  drainBalance: { part: drainBalance, theme: 'payments', by: 'supporter', weight: 0, isOf: 'close with connect' },
  emptyBalance: { part: emptyBalance, theme: 'payments', by: 'supporter', weight: 0, isOf: 'close with storage' },
  resumePayouts: { part: resumePayouts, theme: 'desk', by: 'writer', weight: 1, isAboutClosed: true },
  sweepRenewals: { part: sweepRenewals, theme: 'desk', by: 'writer', weight: 1 },
  writeOff: { part: writeOff, theme: 'desk', by: 'writer', weight: 2, isAboutClosed: true },
  repeatEvent: { part: repeatEvent, theme: 'attempts', by: 'supporter', weight: 3 },
  probe: { part: probe, theme: 'attempts', by: 'supporter', weight: 4 },
  repeatKey: { part: repeatKey, theme: 'attempts', by: 'supporter', weight: 1 },
  arrive: { part: arrive, theme: 'writers', by: 'writer', weight: 0 },
  loseCard: { part: loseCard, theme: 'subscriptions', by: 'supporter', weight: 0 },
  payLate: { part: payLate, theme: 'payments', by: 'supporter', weight: 0, isBeforeTurn: true },
  failFinalization: { part: failFinalization, theme: 'subscriptions', by: 'supporter', weight: 0 },
  makePlan: { part: makePlan, theme: 'plans', by: 'supporter', weight: 0 },
  makeEvenPlan: { part: makeEvenPlan, theme: 'plans', by: 'supporter', weight: 0 },
} as const satisfies Readonly<Record<string, CastPart>>;

export type PartName = keyof typeof parts;

export const partNames = Object.keys(parts) as PartName[];

/** How often a part is drawn, against the others, once a month is closed or before. */
export function weightOf(name: PartName, favourites: ReadonlySet<Theme>, isAfterClose: boolean): number {
  const { weight, theme, isAboutClosed = false, isOf }: CastPart = parts[name];
  if (isOf !== undefined) return 0;
  const timely = isAboutClosed ? weight * (isAfterClose ? aboutClosedTimes : 0) : weight;
  return favourites.has(theme) ? timely * favouriteTimes : timely;
}

const favouriteTimes = 4;
const aboutClosedTimes = 3;

/** Whether a part comes first of all that happens at its instant, before anybody knows that time has passed. */
export function isFirstOfAll(name: PartName): boolean {
  const { isBeforeTurn = false }: CastPart = parts[name];
  return isBeforeTurn;
}

/** What only touches a plan may happen at any moment, a close's included (A5); the rest once everything is known. */
export function isOfAnyMoment(name: PartName): boolean {
  return parts[name].theme === 'plans';
}

/** What may happen to payouts while a month is closed, and how often each is drawn against the others. */
export function partsOfClose(escrow: 'storage' | 'connect'): (readonly [name: PartName, weight: number])[] {
  return partNames.flatMap((name) => {
    const { weight, isOf }: CastPart = parts[name];
    return isOf === 'close' || isOf === `close with ${escrow}` ? [[name, weight] as const] : [];
  });
}
