import { describe, expect, test } from '@jest/globals';
import { month } from '@wewrite/contracts';
import { describeFault, InputRefused } from './fault.ts';
import type { InputFiles } from './input-files.ts';
import { checkInput } from './load-input.ts';

const months = [month('2026-10'), month('2026-11')] as const;

const sound = {
  writers: 'user_id,name,payout_account\nwanda,Wanda,ready\nwalt,"Walt, Jr.",none\n',
  resources: 'resource_type,resource_id,owner_user_id,title\npage,p1,wanda,First\nuser,walt,walt,Walt\n',
  supporters:
    'user_id,name,monthly_cents,renews_at_cents,payment\nsam,Sam,1000,,ok\nsue,Sue,1200,600,ok\nflo,Flo,500,,fails\nlea,Lea,500,,lapsed\nwalt,Walt,300,,ok\n',
  allocations: 'user_id,resource_type,resource_id,usd_cents\nsam,page,p1,600\nsue,page,p1,1200\nflo,page,p1,100\n',
  changes: 'at,user_id,resource_type,resource_id,usd_cents\n2026-10-15T12:00:00.000Z,sam,user,walt,400\n',
  events: 'at,event,user_id,month,usd_cents\n2026-11-05T10:00:00.000Z,refunded,sam,2026-10,300\n',
};

type Texts = Partial<Record<keyof typeof sound, string | Buffer>>;

function files(texts: Texts): InputFiles {
  const bytes = (name: keyof typeof sound) => {
    const text = texts[name] ?? sound[name];
    return typeof text === 'string' ? Buffer.from(text) : text;
  };
  return {
    writers: bytes('writers'),
    resources: bytes('resources'),
    supporters: bytes('supporters'),
    allocations: bytes('allocations'),
    changes: bytes('changes'),
    events: bytes('events'),
  };
}

function faultsOf(texts: Texts): string[] {
  try {
    checkInput(files(texts), months);
  } catch (error) {
    if (error instanceof InputRefused) return error.faults.listed.map(describeFault);
    throw error;
  }
  return [];
}

const header = (name: keyof typeof sound) => `${sound[name].split('\n')[0]}\n`;
const supporterRow = (row: string) => faultsOf({ supporters: `${sound.supporters}${row}\n` });
const allocationRow = (row: string) => faultsOf({ allocations: `${sound.allocations}${row}\n` });
const eventRow = (row: string) => faultsOf({ events: `${sound.events}${row}\n` });
const changeRow = (row: string) => faultsOf({ changes: `${sound.changes}${row}\n` });

describe('sound files', () => {
  test('are accepted with LF or CRLF, a byte-order mark, quotes, blank lines, and columns in any order', () => {
    const crlf = `\ufeff${sound.writers.replaceAll('\n', '\r\n')}\r\n`;
    const allocations = 'usd_cents,user_id,resource_type,resource_id\n600,sam,page,p1';
    const input = checkInput(files({ writers: crlf, allocations }), months);
    expect([...input.writers.values()].map((writer) => writer.name)).toEqual(['Wanda', 'Walt, Jr.']);
    expect(input.allocations).toMatchObject([{ userId: 'sam', resourceId: 'p1', usdCents: 600 }]);
  });

  test('may have no changes and no events, and ids with dashes, dots, underscores and unicode', () => {
    const ids = ['a_b-c.d', '…', '日本%_', '.hidden', 'with space'];
    const supporters = header('supporters') + ids.map((id) => `${id},Name,500,,ok\n`).join('');
    const allocations = header('allocations') + ids.map((id) => `${id},page,p1,0\n`).join('');
    const input = checkInput({ ...files({ supporters, allocations }), changes: null, events: null }, months);
    expect([...input.supporters.keys()]).toEqual(ids);
  });

  test('of more than a megabyte are read within ten seconds', () => {
    const count = 60_000;
    const rows = Array.from({ length: count }, (_, index) => index);
    const supporters = header('supporters') + rows.map((n) => `user_${n},Name,500,,ok\n`).join('');
    const allocations = header('allocations') + rows.map((n) => `user_${n},page,p1,500\n`).join('');
    const start = performance.now();
    const input = checkInput({ ...files({ supporters, allocations }), changes: null, events: null }, months);
    expect(input.allocations).toHaveLength(count);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

describe('A4: a bad row is refused with file, line, column and reason', () => {
  const supporterCases: [string, string, RegExp][] = [
    ['a negative amount', 'x,X,-500,,ok', /^supporters.csv, line 7, column monthly_cents: "-500" is negative/],
    ['a fraction', 'x,X,12.50,,ok', /column monthly_cents: "12.50" is a fraction/],
    ['a huge number', 'x,X,99999999999999999999,,ok', /column monthly_cents: .* is too large/],
    ['a number above the greatest subscription', 'x,X,100000000,,ok', /column monthly_cents: .* is too large/],
    ['a word for a number', 'x,X,ten,,ok', /column monthly_cents: "ten" is not a number/],
    ['an exponent', 'x,X,1e3,,ok', /column monthly_cents: "1e3" is not a number/],
    ['an empty amount', 'x,X,,,ok', /column monthly_cents: it is empty/],
    ['a subscription below 100 cents', 'x,X,99,,ok', /column monthly_cents: .* below the least subscription/],
    ['a renewal below 100 cents', 'x,X,100,0,ok', /column renews_at_cents: .* below the least subscription/],
    ['an unknown word', 'x,X,100,,maybe', /column payment: "maybe" is unknown: it is one of ok, fails, lapsed/],
    ['a duplicate', 'sam,Sam,100,,ok', /^supporters.csv, line 7, column user_id: it is a duplicate of line 2/],
    ['an empty id', ',X,100,,ok', /column user_id: it is empty/],
    ['the id ..', '..,X,100,,ok', /column user_id: ".." is no id/],
    ['an id with a control character', 'a\tb,X,100,,ok', /column user_id: .* is no id/],
    ['an id of more than 128 bytes', `${'ä'.repeat(65)},X,100,,ok`, /column user_id: .* is no id/],
    ['a field too many', 'x,X,100,,ok,', /^supporters.csv, line 7: the line has 6 fields, the header has 5/],
  ];
  test.each(supporterCases)('%s among supporters', (_, row, reason) => {
    expect(supporterRow(row)).toEqual([expect.stringMatching(reason)]);
  });

  const allocationCases: [string, string, RegExp][] = [
    ['an unknown user', 'nobody,page,p1,1', /^allocations.csv, line 5, column user_id: "nobody" is an unknown user/],
    ['an unknown resource', 'lea,page,p2,1', /column resource_id: "page\/p2" is an unknown resource/],
    ['an unknown resource type', 'lea,blog,p1,1', /column resource_type: "blog" is unknown/],
    ['self support', 'walt,user,walt,1', /column resource_id: "user\/walt" belongs to "walt"/],
    ['a duplicate', 'sam,page,p1,1', /column resource_id: it is a duplicate of line 2/],
    ['over budget', 'sam,user,walt,401', /column usd_cents: it is over budget: 400 of 1000 cents are left/],
    ['a negative amount', 'lea,page,p1,-1', /column usd_cents: "-1" is negative/],
  ];
  test.each(allocationCases)('%s among allocations', (_, row, reason) => {
    expect(allocationRow(row)).toEqual([expect.stringMatching(reason)]);
  });

  const eventCases: [string, string, RegExp][] = [
    [
      'an unknown event',
      '2026-10-05T10:00:00.000Z,vanished,sam,,',
      /^events.csv, line 3, column event: "vanished" is unknown/,
    ],
    [
      'nobody',
      '2026-10-05T10:00:00.000Z,card_broken,nobody,,',
      /column user_id: "nobody" is an unknown user.*supporters.csv/,
    ],
    ['a supporter for a writer', '2026-10-05T10:00:00.000Z,account_restricted,sam,,', /column user_id: .*writers.csv/],
    [
      'a dispute of no month',
      '2026-10-05T10:00:00.000Z,disputed,sam,,',
      /column month: it is empty: disputed needs the month/,
    ],
    ['a month that is none', '2026-10-05T10:00:00.000Z,disputed,sam,2026-13,', /column month: "2026-13" is no month/],
    [
      'a month too many',
      '2026-10-05T10:00:00.000Z,card_broken,sam,2026-10,',
      /column month: card_broken concerns no month/,
    ],
    ['a raise to nothing', '2026-10-05T10:00:00.000Z,subscription_changed,sam,,', /column usd_cents: it is empty/],
    [
      'an amount too many',
      '2026-10-05T10:00:00.000Z,disputed,sam,2026-10,5',
      /column usd_cents: disputed has no amount/,
    ],
    [
      'a moment before the first month',
      '2026-09-30T23:59:59.999Z,card_broken,sam,,',
      /column at: .* is before the first month/,
    ],
  ];
  test.each(eventCases)('%s among events', (_, row, reason) => {
    expect(eventRow(row)).toEqual([expect.stringMatching(reason)]);
  });

  const at = '2026-10-20T00:00:00.000Z';
  const changeCases: [string, string, RegExp][] = [
    [
      'an instant without milliseconds',
      '2026-10-20T00:00:00Z,sam,page,p1,1',
      /^changes.csv, line 3, column at: .* no instant/,
    ],
    ['an instant with an offset', '2026-10-20T00:00:00.000+00:00,sam,page,p1,1', /column at: .* is no instant/],
    ['a day that the calendar lacks', '2026-11-31T00:00:00.000Z,sam,page,p1,1', /column at: .* is no instant/],
    [
      'an instant before the first month',
      '2026-09-30T23:59:59.999Z,sam,page,p1,1',
      /column at: .* before the first month/,
    ],
    ['an unknown user', `${at},nobody,page,p1,1`, /column user_id: "nobody" is an unknown user/],
    ['over budget', `${at},sam,page,p1,601`, /column usd_cents: it is over budget: 0 of 1000 cents/],
  ];
  test.each(changeCases)('%s among changes', (_, row, reason) => {
    expect(changeRow(row)).toEqual([expect.stringMatching(reason)]);
  });

  test('an owner who is no writer', () => {
    const resources = `${sound.resources}page,p9,ghost,Ghost\n`;
    expect(faultsOf({ resources })).toEqual([
      expect.stringMatching(/^resources.csv, line 4, column owner_user_id: "ghost" is an unknown user/),
    ]);
  });

  test('every bad row is told, up to fifty, and the rest are counted', () => {
    const bad = Array.from({ length: 70 }, (_, index) => `b${index},B,-1,,ok\n`).join('');
    expect(() => checkInput(files({ supporters: sound.supporters + bad }), months)).toThrow(
      /70 faults[\s\S]*and 20 more/,
    );
  });
});

describe('a file that is no table is refused', () => {
  test('a missing and an unknown column', () => {
    const supporters = 'user_id,name,cents,renews_at_cents,payment\nsam,Sam,1000,,ok\n';
    expect(faultsOf({ supporters })).toEqual([
      expect.stringMatching(/^supporters.csv, line 1, column monthly_cents: the column is missing/),
      expect.stringMatching(/^supporters.csv, line 1, column cents: the column is unknown/),
    ]);
  });

  test('an empty file', () => {
    expect(faultsOf({ writers: '' })).toEqual([expect.stringMatching(/^writers.csv, line 1: the file is empty/)]);
  });

  test('text that is not UTF-8, with its byte', () => {
    const start = Buffer.from(`${header('writers')}wanda,`);
    const writers = Buffer.concat([start, Buffer.from([0xff]), Buffer.from(',ready\n')]);
    expect(faultsOf({ writers })).toEqual([
      expect.stringMatching(
        new RegExp(`^writers.csv, line 2, column name: byte ${start.length} of the file is not UTF-8`),
      ),
    ]);
  });

  test('broken quotes, with the line also after quoted line breaks', () => {
    const rows = 'a,"A\r\nB\r\nC",ready\r\n\r\nb,"B"x,ready\r\n';
    expect(faultsOf({ writers: header('writers') + rows })).toEqual([
      expect.stringMatching(/^writers.csv, line 6, column name: a quoted field goes on/),
    ]);
    expect(faultsOf({ writers: `${header('writers')}a,"A,ready\nb,B,ready\n` })).toEqual([
      expect.stringMatching(/^writers.csv, line 2, column name: .* never closed/),
    ]);
  });
});
