/** What is counted: of what kind, and which of it. */
export type Kind = 'act' | 'deed' | 'refusal' | 'event' | 'message' | 'fault' | 'state';

/** How often each thing has happened in one run or in many. */
export interface Census {
  count(kind: Kind, name: string, times?: number): void;
  /** Adds another's counts. */
  add(other: Counts): void;
  counts(): Counts;
}

/** `refusal/over_allocated` → how often. */
export type Counts = Readonly<Record<string, number>>;

/** An empty census. */
export function newCensus(): Census {
  const counted = new Map<string, number>();
  const raise = (name: string, times: number) => void counted.set(name, (counted.get(name) ?? 0) + times);
  return {
    count: (kind, name, times = 1) => raise(`${kind}/${name}`, times),
    add: (other) => {
      for (const [name, times] of Object.entries(other)) raise(name, times);
    },
    counts: () => Object.fromEntries([...counted].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}
