import { type Cents, dollars } from '@wewrite/contracts';
import type { Answer, Deed, PlannedWish, Wish } from './deed.ts';
import type { Run } from './run.ts';

/** A run as one would tell it: who did what and what was answered, what went wrong meanwhile, and how it ended. */
export function storyOf({ plot, deeds, faults, failure }: Run): string {
  const happened = Object.entries(faults).filter(([, times]) => times > 0);
  const weather = happened.map(([kind, times]) => `${kind.replaceAll('_', ' ')} (${times})`).join(', ');
  return [
    `Seed ${plot.seed}, escrow by ${plot.escrow}, from ${plot.months[0]} on.`,
    ...deeds.map((deed) => `  ${deed.at}  ${sentenceOf(deed)}`),
    weather === '' ? 'Nothing went wrong meanwhile.' : `Meanwhile: ${weather}.`,
    failure === null ? 'All was well in the end.' : `Then: ${failure.sentence}`,
  ].join('\n');
}

function sentenceOf(deed: Deed): string {
  return `${toldAct(deed)}${answerOf(deed.answer)}.`;
}

function answerOf(answer: Answer): string {
  return answer.outcome === 'accepted' ? '' : `, which is refused (${answer.code})`;
}

/** What somebody does, in words, without a full stop: `ada gives page/letters $5.00`. */
export function toldAct(deed: Deed): string {
  return subscriptionAct(deed) ?? planAct(deed) ?? paymentAct(deed) ?? writerAct(deed) ?? deskAct(deed);
}

function subscriptionAct(deed: Deed): string | null {
  switch (deed.kind) {
    case 'subscribed':
      return `${deed.userId} subscribes by ${deed.by} for ${money(deed.monthlyCents)} with a card that ${verb(deed.card)}`;
    case 'subscription_changed':
      return `${deed.userId} changes to ${money(deed.monthlyCents)} from ${verb(deed.from)} on`;
    case 'subscription_cancelled':
      return `${deed.userId} cancels`;
    case 'subscription_resumed':
      return `${deed.userId} takes the cancellation back`;
    case 'subscription_ended':
      return `the subscription of ${deed.userId} has ended`;
    case 'renewal_given_up':
      return `the renewal ${deed.invoiceId} of ${deed.userId} is given up`;
    case 'card_changed':
      return `${deed.userId} gives a card that ${verb(deed.card)}`;
    case 'payment_authenticated':
      return `${deed.userId} authenticates ${deed.invoiceId}`;
    case 'authentication_failed':
      return `${deed.userId} cannot authenticate ${deed.invoiceId}`;
    default:
      return null;
  }
}

function planAct(deed: Deed): string | null {
  switch (deed.kind) {
    case 'allocation_set':
      return `${deed.userId} gives ${wish(deed.wish)}`;
    case 'allocation_removed':
      return `${deed.userId} gives ${resource(deed)} nothing any more`;
    case 'allocations_set_together': {
      const wishes = deed.wishes.map((each) => `${wish(each)}${answerOf(each.answer)}`);
      return `${deed.userId} gives at once ${wishes.join('; ')}`;
    }
    case 'change_undone':
      return `${deed.userId} undoes change ${deed.version}, so that ${wish(deed.wish)} stands again`;
    case 'schedule_made':
      return `${deed.userId} plans ${planned(deed.planned)}`;
    case 'schedule_changed':
      return `${deed.userId} plans ${planned(deed.planned)} instead of ${deed.scheduleId}`;
    case 'schedule_removed':
      return `${deed.userId} takes the plan ${deed.scheduleId} back`;
    case 'preferences_kept':
      return `${deed.userId} wants steps of ${money(deed.incrementCents)}`;
    default:
      return null;
  }
}

function paymentAct(deed: Deed): string | null {
  switch (deed.kind) {
    case 'paid': {
      const parts = deed.parts.map(({ cents, from, to }) => `${money(cents)} for ${from} to ${to}`);
      return `${deed.userId} pays ${parts.join(' and ')} (${deed.paymentId})`;
    }
    case 'refunded':
      return `${money(deed.cents)} of ${deed.paymentId} go back to ${deed.userId}`;
    case 'refund_failed':
      return `the refund ${deed.refundId} of ${deed.userId} fails`;
    case 'dispute_opened':
      return `${deed.userId}'s bank ${deed.isInquiry ? 'asks about' : 'disputes'} ${money(deed.cents)} of ${deed.paymentId}`;
    case 'dispute_won':
      return `the dispute ${deed.disputeId} of ${deed.userId} is won, ${money(deed.cents)} of it`;
    case 'dispute_lost':
      return `the dispute ${deed.disputeId} of ${deed.userId} is lost`;
    case 'topped_up':
      return `the platform puts ${money(deed.cents)} into Stripe`;
    default:
      return null;
  }
}

function writerAct(deed: Deed): string | null {
  switch (deed.kind) {
    case 'resource_registered':
      return `${resource(deed)} is ${deed.ownerUserId}'s`;
    case 'writer_state_set':
      return `${deed.writerId} is ${deed.state}`;
    case 'payout_account_became':
      return `${deed.writerId}'s account is ${deed.state}`;
    case 'payout_came_back':
      return `${deed.writerId}'s payout of ${deed.month} comes back`;
    case 'payout_failed':
      return `${deed.writerId}'s payout of ${deed.month} is not made (${verb(deed.because)})`;
    case 'escrow_move_failed':
      return `what is on its way to storage for ${deed.month} comes back`;
    default:
      return null;
  }
}

function deskAct(deed: Deed): string {
  switch (deed.kind) {
    case 'question_asked':
      return `${deed.userId} asks about ${deed.lineId}`;
    case 'question_answered':
      return `the question ${deed.questionId} is answered`;
    case 'hold_placed':
      return `${deed.lineId ?? `all of ${deed.month}`} is held from ${deed.writerId} (${deed.holdId ?? 'not made'})`;
    case 'hold_released':
      return `the hold ${deed.holdId} is released`;
    case 'hold_reversed':
      return `what ${deed.holdId} holds is taken back`;
    case 'written_off':
      return `${deed.cents === null ? 'all' : money(deed.cents)} that ${deed.writerId} owes is given up`;
    case 'refund_retried':
      return `the refund of ${money(deed.cents)} of ${deed.paymentId} is ordered again`;
    case 'close_asked':
      return `the ${deed.runKind} of ${deed.month} is asked for`;
    case 'sweep_asked':
      return `the renewals of ${deed.month} are looked through`;
    case 'month_settled':
      return `${deed.month} is closed and settled`;
    case 'webhook_repeated':
      return `an old ${deed.eventType} is applied again`;
    default:
      return 'writerId' in deed && 'month' in deed
        ? `${deed.writerId}'s payout of ${deed.month}: ${verb(deed.kind)}`
        : verb(deed.kind);
  }
}

function money(cents: number): string {
  return dollars(cents as Cents);
}

function verb(code: string): string {
  return code.replaceAll('_', ' ');
}

function wish({ resource: key, usdCents }: Wish): string {
  return `${key.resourceType}/${key.resourceId} ${money(usdCents)}`;
}

function resource({ resource: key }: { readonly resource: Wish['resource'] }): string {
  return `${key.resourceType}/${key.resourceId}`;
}

function planned(of: PlannedWish): string {
  return of.kind === 'set'
    ? `${wish(of)} from ${of.fromMonth} on`
    : `${wish(of)} more, ${of.fromMonth} through ${of.throughMonth}`;
}
