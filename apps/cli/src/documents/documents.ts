import { topics } from '@wewrite/contracts';
import { contractsOf } from '@wewrite/contracts/compatibility';
import { goldenExamplesOf } from '@wewrite/contracts/golden';
import { currentContractFiles } from '../contracts/contract-files.ts';
import { apiDocumentOf } from './api-document.ts';
import { eventsDocumentOf } from './events-document.ts';

/** Where documents are. */
export const documentsDirectory: URL = new URL('../../../../docs/', import.meta.url);

/** The documents that are written from the contracts of this checkout, by their name in `docs`. */
export async function generatedDocuments(): Promise<ReadonlyMap<string, string>> {
  const { http } = contractsOf(await currentContractFiles());
  return new Map([
    ['events.md', eventsDocumentOf(topics, goldenExamplesOf)],
    ['api.md', apiDocumentOf(http)],
  ]);
}
