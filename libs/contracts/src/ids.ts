import { z } from 'zod';
import { type Month, MonthSchema } from './month.ts';

const lastControlBelowSpace = 0x1f;

/** True for 1 to 128 bytes of well-formed UTF-8 without control characters, other than `.` and `..` (A4). */
export function isId(text: string): boolean {
  if (text === '.' || text === '..' || !text.isWellFormed()) return false;
  const bytes = Buffer.byteLength(text);
  return bytes >= 1 && bytes <= 128 && !hasControlCharacter(text);
}

function hasControlCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code <= lastControlBelowSpace || (code >= 0x7f && code <= 0x9f)) return true;
  }
  return false;
}

const idRule = 'an id is 1 to 128 bytes without control characters, and not . or ..';

/** A user, as WeWrite's site and the token's `sub` name them. */
export const UserIdSchema = z.string().refine(isId, idRule).brand<'UserId'>();
export type UserId = z.infer<typeof UserIdSchema>;

/** A resource's id, unique within its type. */
export const ResourceIdSchema = z.string().refine(isId, idRule);

/** What can be supported. */
export const resourceTypes = ['page', 'user', 'user_bio', 'group', 'group_about'] as const;
export const ResourceTypeSchema = z.enum(resourceTypes);
export type ResourceType = z.infer<typeof ResourceTypeSchema>;

/** One supported thing: its type and id. */
export interface ResourceKey {
  readonly resourceType: ResourceType;
  readonly resourceId: string;
}

/** `${userId}_${resourceType}_${resourceId}_${month}`; in the two ids `%` and `_` are escaped, so that no two lines meet. */
export function lineIdOf(userId: string, resource: ResourceKey, month: Month): string {
  return `${escaped(userId)}_${resource.resourceType}_${escaped(resource.resourceId)}_${month}`;
}

/** What a line id names; null for a text that is none. */
export function readLineId(lineId: string): { userId: string; resource: ResourceKey; month: Month } | null {
  // The two ids hold no underscore once they are escaped, and a resource type may.
  const [userId, ...rest] = lineId.split('_');
  const month = MonthSchema.safeParse(rest.pop());
  const resourceId = rest.pop();
  const resourceType = ResourceTypeSchema.safeParse(rest.join('_'));
  if (userId === undefined || resourceId === undefined || !resourceType.success || !month.success) return null;
  const resource = { resourceType: resourceType.data, resourceId: unescaped(resourceId) };
  const read = { userId: unescaped(userId), resource, month: month.data };
  return lineIdOf(read.userId, resource, read.month) === lineId ? read : null;
}

function unescaped(id: string): string {
  return id.replaceAll('%5F', '_').replaceAll('%25', '%');
}

function escaped(id: string): string {
  return id.replaceAll('%', '%25').replaceAll('_', '%5F');
}
