import { topics } from '@wewrite/contracts';
import { type ContractFiles, compareContracts, contractsOf, type Finding } from '@wewrite/contracts/compatibility';

/** What has changed between contracts of before and of now; see `compareContracts`. */
export function checkContracts(before: ContractFiles, now: ContractFiles): Finding[] {
  return compareContracts(contractsOf(before), contractsOf(now), refusalOf);
}

/** Why a message is none of its topic any more; null when it is. */
function refusalOf(name: string, body: unknown): string | null {
  const topic = topics.find((one) => one.name === name);
  const parsed = topic?.schema.safeParse(body);
  return parsed === undefined || parsed.success ? null : parsed.error.message;
}
