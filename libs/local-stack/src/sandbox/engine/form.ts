/** Parameters as they came: texts in nested maps for forms and queries, JSON values for v2 bodies. */
export type RawParameters = { [name: string]: unknown };

/**
 * Reads `a[b][0]=c&d=e` into nested maps. Lists stay maps with the keys `0`, `1`, …: only the endpoint's schema knows
 * whether a list or a map (metadata, for instance) is meant.
 */
export function parseForm(text: string): RawParameters {
  const parameters: RawParameters = {};
  for (const [name, value] of new URLSearchParams(text)) place(parameters, segmentsOf(name), value);
  return parameters;
}

function segmentsOf(name: string): string[] {
  const bracket = name.indexOf('[');
  if (bracket <= 0 || !name.endsWith(']')) return [name];
  return [name.slice(0, bracket), ...name.slice(bracket + 1, -1).split('][')];
}

function place(target: RawParameters, segments: readonly string[], value: string): void {
  let level = target;
  for (const [depth, segment] of segments.entries()) {
    const key = segment === '' ? String(Object.keys(level).length) : segment;
    if (depth === segments.length - 1) {
      define(level, key, value);
      return;
    }
    const next = Object.hasOwn(level, key) ? level[key] : undefined;
    if (isMap(next)) level = next;
    else {
      const fresh: RawParameters = {};
      define(level, key, fresh);
      level = fresh;
    }
  }
}

/** Defined rather than assigned, so that a parameter called `__proto__` is a parameter. */
function define(target: RawParameters, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Whether a value is a map of parameters. */
export function isMap(value: unknown): value is RawParameters {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The same text for the same parameters, whatever their order: what idempotency compares. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isMap(value)) return JSON.stringify(value) ?? 'null';
  const entries = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${entries.join(',')}}`;
}
