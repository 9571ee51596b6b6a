import { readdirSync, readFileSync } from 'node:fs';

/** The contracts as they are committed: `<topic>/schema.json` with golden examples beside it, `http/<service>.json`. */
export const goldenDirectory: URL = new URL('./', import.meta.url);

/** The same of the last release: what runs, and what others rely on. */
export const releasedDirectory: URL = new URL('../released/', import.meta.url);

/** Golden examples of a topic's messages, by name. */
export function goldenExamplesOf(topicName: string): Readonly<Record<string, unknown>> {
  const directory = new URL(`${topicName}/`, goldenDirectory);
  const files = readdirSync(directory).filter((file) => file.endsWith('.json') && file !== 'schema.json');
  return Object.fromEntries(
    files
      .toSorted()
      .map((file) => [file.replace('.json', ''), JSON.parse(readFileSync(new URL(file, directory), 'utf8'))]),
  );
}
