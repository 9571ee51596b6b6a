import type { Collection, StripeObject } from './collections.ts';
import { isMap, type RawParameters } from './form.ts';
import type { Store } from './store.ts';
import { StripeFailure } from './stripe-failure.ts';

/** What ids in answers stand for, and the fields that exist only when they are asked for. */
export interface Expansions {
  /** By the id's prefix: `cus` → customers. */
  readonly byPrefix: Readonly<Record<string, Collection<StripeObject>>>;
  /** By the field's name, for objects whose ids are chosen freely. */
  readonly byField: Readonly<Record<string, Collection<StripeObject>>>;
  /** By `object.field`: lists that Stripe includes on demand. */
  readonly included: Readonly<Record<string, (store: Store, owner: RawParameters) => unknown>>;
}

const deepest = 4;

/** Replaces the ids at each path (`data.source`, `latest_charge.balance_transaction`) by their objects, in place. */
export function expand(store: Store, expansions: Expansions, answer: object, paths: readonly string[]): void {
  for (const path of paths) {
    const segments = path.split('.');
    if (segments.length > deepest)
      throw notExpandable(`You cannot expand more than ${deepest} levels of a property`, path);
    expandAt(store, expansions, answer, segments, path);
  }
}

function expandAt(
  store: Store,
  expansions: Expansions,
  target: unknown,
  [segment, ...rest]: readonly string[],
  path: string,
): void {
  if (segment === undefined || target === null) return;
  if (Array.isArray(target)) {
    for (const element of target) expandAt(store, expansions, element, [segment, ...rest], path);
    return;
  }
  if (!isMap(target)) throw notExpandable('This property cannot be expanded', path);
  const include = expansions.included[`${String(target.object)}.${segment}`];
  if (include !== undefined) target[segment] ??= include(store, target);
  const value = target[segment];
  if (value === undefined) throw notExpandable('This property cannot be expanded', path);
  if (typeof value === 'string') target[segment] = load(store, expansions, segment, value, path);
  else if (rest.length === 0 && value !== null && include === undefined && !isExpanded(value)) {
    throw notExpandable('This property cannot be expanded', path);
  }
  expandAt(store, expansions, target[segment], rest, path);
}

/** Two paths may share their beginning, or ask for the same thing twice. */
function isExpanded(value: unknown): boolean {
  return isMap(value) && typeof value.id === 'string';
}

function load(store: Store, expansions: Expansions, field: string, id: string, path: string): unknown {
  const collection = expansions.byField[field] ?? expansions.byPrefix[id.slice(0, id.indexOf('_'))];
  const object = collection && store.find(collection, id);
  if (object === undefined) throw notExpandable('This property cannot be expanded', path);
  return object;
}

function notExpandable(reason: string, path: string): StripeFailure {
  return new StripeFailure(400, {
    type: 'invalid_request_error',
    message: `${reason} (${path}).`,
    param: 'expand',
  });
}
