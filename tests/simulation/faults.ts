import { type Chance, chanceOf } from './population/chance.ts';

/** How often each fault befalls what it can befall, in 10,000. */
const usualRates = {
  /** A send stores a part of its records, or none, and fails. */
  send_lost: 300,
  /** A send stores everything, and its answer is lost. */
  send_reported_lost: 300,
  /** A partition is read again from an earlier place. */
  replay: 300,
  /** A partition rests, while others go on. */
  partition_paused: 300,
  /** A service and the bus do not reach each other. */
  network_partition: 60,
  crash_before_commit: 15,
  crash_after_commit: 15,
  crash_before_send: 60,
  crash_after_send: 60,
  crash_before_acknowledge: 60,
  crash_after_acknowledge: 40,
  crash_before_stripe_call: 60,
  crash_after_stripe_call: 60,
  /** A call comes too soon after others. */
  stripe_429: 200,
  /** A call fails at Stripe, before it has done anything. */
  stripe_500: 250,
  /** The connection breaks before Stripe gets the call. */
  stripe_reset: 150,
  /** Stripe does what it was asked to, and its answer is lost. */
  stripe_silent: 150,
  /** A webhook comes twice. */
  webhook_doubled: 800,
  /** A webhook does not arrive, and is sent again later. */
  webhook_lost: 500,
} as const;

export type FaultKind = keyof typeof usualRates;

/** Every kind of fault. */
export const faultKinds = Object.keys(usualRates).filter((kind): kind is FaultKind => Object.hasOwn(usualRates, kind));

/** How many of each kind have happened. */
export type FaultCounts = Readonly<Record<FaultKind, number>>;

/** Which faults a world knows: kinds that are left out do not happen. */
export interface FaultChoice {
  readonly kinds: readonly FaultKind[];
  /** How many happen in all, at the most; the first ones. */
  readonly most: number;
}

/** What befalls a world. */
export interface Faults {
  /** True when the fault happens, this time. */
  draw(kind: FaultKind): boolean;
  /** Lets nothing happen while `work` is done. */
  sparing<Result>(work: () => Promise<Result>): Promise<Result>;
  readonly counts: FaultCounts;
  /** Nothing happens any more. */
  heal(): void;
}

/** All kinds, as many as come. */
export const anyFaults: FaultChoice = { kinds: faultKinds, most: Number.MAX_SAFE_INTEGER };

/** A world in which nothing goes wrong. */
export const noFaults: FaultChoice = { kinds: [], most: 0 };

/**
 * The faults of a seed. Each seed has a weather of its own: some kinds not at all, others more often than usual, so that
 * what two rare ones do together is seen, too.
 */
export function faultsOf(seed: number, { kinds, most }: FaultChoice): Faults {
  const counts = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Record<FaultKind, number>;
  const drawn = new Map<FaultKind, { rate: number; chance: Chance }>();
  for (const kind of kinds) {
    const chance = chanceOf(seed, `fault ${kind}`);
    const rate =
      usualRates[kind] *
      chance.weigh([
        [0, 3],
        [1, 4],
        [2, 2],
        [4, 1],
      ]);
    drawn.set(kind, { rate, chance });
  }
  let spared = 0;
  let left = most;
  return {
    counts,
    draw: (kind) => {
      const fault = drawn.get(kind);
      if (fault === undefined || spared > 0 || left === 0) return false;
      if (fault.chance.between(1, 10_000) > fault.rate) return false;
      left -= 1;
      counts[kind] += 1;
      return true;
    },
    sparing: async (work) => {
      spared += 1;
      try {
        return await work();
      } finally {
        spared -= 1;
      }
    },
    heal: () => drawn.clear(),
  };
}
