import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { lineKeys } from './line-key.ts';

const keys = lineKeys('a secret that is long enough for it');
const ann = { userId: 'ann', recipientUserId: 'wanda' };

describe('what stands for ids', () => {
  test('C4: a line key is the HMAC-SHA256 of the line id, known only with the secret', () => {
    // As `printf ann_page_1_2026-11 | openssl dgst -sha256 -hmac 'a secret that is long enough for it'` gives it.
    expect(keys.lineKey('ann_page_1_2026-11')).toBe('12e914eb6d3e1ebe4a99205ed501cc4e440a081a4c3414a6f8108987fbb831d4');
    expect(lineKeys('another secret, as long as that one').lineKey('ann_page_1_2026-11')).not.toBe(
      '12e914eb6d3e1ebe4a99205ed501cc4e440a081a4c3414a6f8108987fbb831d4',
    );
  });

  test('C4: a supporter has one pseudonym with a writer and another with the next', () => {
    expect(keys.pseudonym(ann)).toMatch(/^supporter-[0-9a-f]{16}$/);
    expect(keys.pseudonym({ ...ann })).toBe(keys.pseudonym(ann));
    expect(keys.pseudonym({ ...ann, recipientUserId: 'walt' })).not.toBe(keys.pseudonym(ann));
  });

  test('C4: ids cannot be shifted between supporter and writer', () => {
    const shifted = { userId: 'a', recipientUserId: 'b","c' };
    expect(keys.pseudonym(shifted)).not.toBe(keys.pseudonym({ userId: 'c","a', recipientUserId: 'b' }));
  });

  test.each([32, 64, 65, 200])('C4: SQL finds a line by the key that a secret of %i characters gives it', (length) => {
    const { lineKey, pads } = lineKeys('s'.repeat(length));
    const sha256 = (...parts: readonly (Buffer | string)[]) => {
      const hash = createHash('sha256');
      for (const part of parts) hash.update(part);
      return hash.digest();
    };
    const key = sha256(pads.outer, sha256(pads.inner, 'ann_page_1_2026-11'));
    expect(key.toString('hex')).toBe(lineKey('ann_page_1_2026-11'));
  });
});
