import { mkdir, writeFile } from 'node:fs/promises';
import { goldenDirectory, releasedDirectory } from '@wewrite/contracts/golden';
import { currentContractFiles } from './contract-files.ts';

// `npm run contracts`: writes the topics' schemas and the services' OpenAPI documents into `golden`, where the examples are
// written by hand. `npm run contracts:release`, when a version is released: writes all of it into `released`.

const released = process.argv.includes('--release');
const files = await currentContractFiles();
for (const [path, content] of Object.entries(files)) {
  const isGenerated = path.startsWith('http/') || path.endsWith('/schema.json');
  if (!released && !isGenerated) continue;
  const file = new URL(path, released ? releasedDirectory : goldenDirectory);
  await mkdir(new URL('.', file), { recursive: true });
  await writeFile(file, `${JSON.stringify(content, null, 2)}\n`);
}
process.stdout.write(`${Object.keys(files).length} contracts are written\n`);
