import type { ServiceName } from '@wewrite/contracts';
import type { Broker } from '@wewrite/service-kit';
import { breakConnections, topicOf } from './disturbances.ts';
import { type MonthStory, type StoryOptions, startStory } from './month-story.ts';

/** A moment at which a service dies: what it has just done with a topic, and what it has not. */
export type CrashPoint = `${ServiceName} ${'hears' | 'has heard' | 'has said'} ${string}`;

/** A story in which each service dies and is started again at each of its crash points, the first time it comes there. */
export interface CrashStory extends MonthStory {
  /** The points at which a service has died, in order. */
  readonly passed: readonly CrashPoint[];
}

/**
 * Starts a story of deaths, each of one kind:
 *
 * - `hears`: while the messages are handled, all of the service's connections to the database break;
 * - `has heard`: the effect is committed and nothing acknowledged: the messages come again;
 * - `has said`: the messages are sent and still in the outbox: they are sent again.
 *
 * From there the instance sends and acknowledges nothing any more, as a dead one, until another has taken its place.
 */
export async function startCrashStory(options: Omit<StoryOptions, 'brokerOf'>): Promise<CrashStory> {
  const passed: CrashPoint[] = [];
  const replacements = new Map<ServiceName, Promise<void>>();
  let story: MonthStory | null = null;

  /** One after the other: an instance may die again while it is being started. */
  const replace = (service: ServiceName) => {
    const replaced = (replacements.get(service) ?? Promise.resolve()).then(async () => {
      await story?.harness.stopFirst(service);
      await story?.harness.startReplica(service);
    });
    replaced.catch(() => undefined);
    replacements.set(service, replaced);
  };
  const brokerOf = (service: ServiceName, broker: Broker): Broker => {
    let isDead = false;
    const dies = (moment: 'hears' | 'has heard' | 'has said', topics: Iterable<string>) => {
      if (isDead || story === null) return false;
      const points = [...new Set(topics)].map((topic): CrashPoint => `${service} ${moment} ${topic}`);
      const here = points.filter((point) => !passed.includes(point));
      if (here.length === 0) return false;
      passed.push(...here);
      isDead = true;
      replace(service);
      return true;
    };
    const nothingDone = { doneCount: 0, retryAfterMs: 10 };
    return {
      ...broker,
      send: async (records) => {
        if (isDead) throw new Error('dead');
        await broker.send(records);
        if (dies('has said', records.map(topicOf))) throw new Error('died after it has sent');
      },
      subscribe: (subscription) =>
        broker.subscribe({
          ...subscription,
          onBatch: async (records) => {
            if (isDead) return nothingDone;
            const topics = records.map(topicOf);
            const [outcome] = await Promise.all([
              subscription.onBatch(records),
              dies('hears', topics) && story !== null ? breakConnections(story, service) : null,
            ]);
            return isDead || dies('has heard', topics) ? nothingDone : outcome;
          },
        }),
    };
  };

  const started = await startStory({ ...options, brokerOf });
  story = started;
  const lastOnes = () => Promise.all(replacements.values());
  return {
    ...started,
    passed,
    play: async () => {
      const ending = await started.play();
      await lastOnes();
      return ending;
    },
    stop: async () => {
      await lastOnes();
      await started.stop();
    },
  };
}
