import { Option } from 'commander';
import { type Api, apiAt } from '../demo/api.ts';
import { EnvironmentFault } from '../exit-codes.ts';
import { readEntrance } from '../stack/run-record.ts';

/** What the options of an operator's command say of where to go and as whom. */
export interface EntranceOptions {
  readonly gateway?: string;
  readonly token?: string;
}

/** The API, and a token for it. */
export interface Entrance {
  readonly api: Api;
  readonly token: string;
}

/** As whom a command enters: an operator, or WeWrite's site. */
export type EntranceRole = 'admin' | 'service';

const holders = { admin: 'an administrator', service: 'the site' } as const satisfies Record<EntranceRole, string>;

/** The given gateway, else what runs here. Throws an {@link EnvironmentFault} where there is neither, or no token. */
export function entranceOf({ gateway, token }: EntranceOptions, role: EntranceRole = 'admin'): Entrance {
  const local = readEntrance();
  const url = gateway ?? local?.gatewayUrl;
  const chosenToken = token ?? (gateway === undefined ? local?.tokens[role] : undefined);
  if (url === undefined)
    throw new EnvironmentFault('Nothing runs here: start wewrite up or demo, or give --gateway URL.');
  if (chosenToken === undefined) throw new EnvironmentFault(`Give --token (or WEWRITE_TOKEN) of ${holders[role]}.`);
  return { api: apiAt(url), token: chosenToken };
}

/** `--gateway`, as operators' commands have it. */
export function gatewayOption(): Option {
  return new Option('--gateway <url>', 'another gateway than the one that runs here').env('WEWRITE_GATEWAY');
}

/** `--token`, as operators' commands have it. */
export function tokenOption(role: EntranceRole = 'admin'): Option {
  return new Option('--token <jwt>', `of ${holders[role]}`).env('WEWRITE_TOKEN');
}
