import { defaultKafkaImage, imagePresent, javaAndMavenPresent, type Present } from '../libs/local-stack/src/index.ts';

/** Jest's projects: what each needs is there, or the reason why not. */
export const tiers = ['unit', 'service', 'system', 'container'] as const;
/** One of them. */
export type Tier = (typeof tiers)[number];

/** Variables by name. */
type Environment = Readonly<Record<string, string | undefined>>;

/** The images of the containers that tests start. */
export interface TierImages {
  readonly kafka: string;
  readonly postgres: string;
}

/** What a tier's tests run on, where they would otherwise be left out in part or whole. */
export function tierPresent(tier: Tier, environment: Environment): Promise<Present> {
  switch (tier) {
    case 'unit':
    case 'service':
      return Promise.resolve({ ok: true });
    case 'system':
      return environment.KAFKA_BROKERS ? Promise.resolve({ ok: true }) : javaAndMavenPresent();
    case 'container':
      return containersPresent(imagesOf(environment));
  }
}

/** `POSTGRES_IMAGE` and `KAFKA_IMAGE`, as docker-compose.yml reads them. */
export function imagesOf(environment: Environment): TierImages {
  return {
    kafka: environment.KAFKA_IMAGE || defaultKafkaImage,
    postgres: environment.POSTGRES_IMAGE || 'postgres:18.4',
  };
}

/** Reads `REQUIRE_TIERS`: names separated by commas. Throws on a name that no tier has. */
export function requiredTiers({ REQUIRE_TIERS: text }: Environment): readonly Tier[] {
  const names = (text ?? '').split(',').filter((name) => name !== '');
  return names.map((name) => {
    const tier = tiers.find((candidate) => candidate === name.trim());
    if (tier === undefined) throw new Error(`REQUIRE_TIERS: ${name} is none of ${tiers.join(', ')}`);
    return tier;
  });
}

async function containersPresent({ kafka, postgres }: TierImages): Promise<Present> {
  const first = await imagePresent(postgres, console.log);
  return first.ok ? imagePresent(kafka, console.log) : first;
}
