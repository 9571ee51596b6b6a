import { writeFileSync } from 'node:fs';
import { description, descriptionFile } from './description.ts';

// `node tools/stripe-description/write-description.ts`: after a new version of the SDK, or a new call of the sandbox.
writeFileSync(descriptionFile, description());
