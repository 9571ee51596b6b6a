import { mkdir, writeFile } from 'node:fs/promises';
import { topics } from '../src/index.ts';
import { goldenDirectory, jsonSchemaOf } from './json-schema.ts';

// Writes each topic's schema.json; golden examples are written by hand. `npm run contracts` runs this, then formats.
for (const topic of topics) {
  await mkdir(goldenDirectory(topic), { recursive: true });
  await writeFile(new URL('schema.json', goldenDirectory(topic)), JSON.stringify(jsonSchemaOf(topic), null, 2));
}
