import { writeFile } from 'node:fs/promises';
import { documentsDirectory, generatedDocuments } from './documents.ts';

// `npm run docs`: writes docs/events.md and docs/api.md from the contracts. Nothing needs to run for it.
for (const [name, text] of await generatedDocuments()) {
  await writeFile(new URL(name, documentsDirectory), text);
  process.stdout.write(`docs/${name} is written\n`);
}
