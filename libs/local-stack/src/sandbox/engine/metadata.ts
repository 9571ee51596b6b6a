import { z } from 'zod';

/** A map of texts; an empty text removes its key. */
export const metadata = z.record(z.string().max(40), z.string().max(500));

/** Merges new metadata into old: an empty text removes its key. */
export function mergeMetadata(
  old: Record<string, string>,
  changes: Record<string, string> | undefined,
): Record<string, string> {
  const merged = { ...old, ...changes };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ''));
}
