import { describe, expect, test } from '@jest/globals';
import { cents, sumCents, UserIdSchema } from '@wewrite/contracts';
import fc from 'fast-check';
import { decideImport, decideMerge, type ImportedInto, type ImportedWish } from './imported-plan.ts';
import { maximumAllocations } from './plan.ts';

const user = (id: string) => UserIdSchema.parse(id);
const wish = (resourceId: string, usdCents: number): ImportedWish => ({
  resource: { resourceType: 'page', resourceId },
  usdCents: cents(usdCents),
});

/** Pages of Wanda's; those in `changed` are ones that Sam has allocated to here. */
function into(pages: readonly string[], changed: readonly string[] = []): ImportedInto {
  const resources = pages.map(
    (id): [string, { ownerUserId: ReturnType<typeof user>; ownerState: 'open'; isChanged: boolean }] => [
      `page/${id}`,
      { ownerUserId: user('wanda'), ownerState: 'open', isChanged: changed.includes(id) },
    ],
  );
  return { userId: user('sam'), version: 7, standing: 1, resources: new Map(resources) };
}

function accepted(decision: ReturnType<typeof decideImport>) {
  if (decision.outcome === 'refused') throw new Error(decision.sentence);
  return decision;
}

describe('wishes from before', () => {
  test('A13: one that is alone enters, duplicates wait, and what was changed here stays', () => {
    const wishes = [wish('a', 100), wish('b', 200), wish('c', 300), wish('b', 50)];
    const { states, changes } = accepted(decideImport(into(['a', 'b', 'c'], ['c']), wishes));
    expect(states).toEqual(['entered', 'duplicate', 'superseded', 'duplicate']);
    expect(changes).toMatchObject([{ before: null, after: { usdCents: 100, version: 8, recipientUserId: 'wanda' } }]);
  });

  test('A13: duplicates become one allocation of their sum, unless the supporter has spoken since', () => {
    const duplicates = [wish('b', 200), wish('c', 1), wish('b', 50), wish('c', 2)];
    const { states, changes } = decideMerge(into(['b', 'c'], ['c']), duplicates);
    expect(states).toEqual(['merged', 'superseded', 'merged', 'superseded']);
    expect(changes.map(({ after }) => after?.usdCents)).toEqual([250]);
  });

  test('A13: no cent of a wish is lost or invented', () => {
    const pages = ['a', 'b', 'c', 'd', 'e'];
    const wishesOf = fc.array(
      fc.record({ page: fc.constantFrom(...pages), usdCents: fc.integer({ min: 1, max: 99_999_999 }) }),
    );
    fc.assert(
      fc.property(wishesOf, fc.subarray(pages), (drawn, changed) => {
        const wishes = drawn.map((one) => wish(one.page, one.usdCents));
        const place = into(pages, changed);
        const first = accepted(decideImport(place, wishes));
        const waiting = wishes.filter((_, index) => first.states[index] === 'duplicate');
        const second = decideMerge({ ...place, version: place.version + first.changes.length }, waiting);
        const entered = [...first.changes, ...second.changes];
        const superseded = wishes.filter((_, index) => first.states[index] === 'superseded');
        expect(
          sumCents([
            ...entered.flatMap(({ after }) => after?.usdCents ?? []),
            ...superseded.map((one) => one.usdCents),
          ]),
        ).toBe(sumCents(wishes.map((one) => one.usdCents)));
        expect(entered.map(({ after }) => after?.version)).toEqual(entered.map((_, index) => 8 + index));
        expect(new Set(entered.map(({ resource }) => resource.resourceId)).size).toBe(entered.length);
      }),
    );
  });

  test('A4: unknown resources, the supporter’s own, and more than a plan holds are refused', () => {
    expect(decideImport(into([]), [wish('a', 1)])).toMatchObject({ code: 'unknown_resource' });
    const own = { ...into(['a']), userId: user('wanda') };
    expect(decideImport(own, [wish('a', 1)])).toMatchObject({ code: 'self_support' });
    const pages = Array.from({ length: maximumAllocations }, (_, index) => `p${index}`);
    const wishes = pages.map((page) => wish(page, 1));
    expect(decideImport(into(pages), wishes)).toMatchObject({ code: 'too_many_allocations' });
    expect(decideImport(into(pages), wishes.slice(1))).toMatchObject({ outcome: 'accepted' });
  });
});
