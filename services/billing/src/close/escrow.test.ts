import { describe, expect, test } from '@jest/globals';
import { cents } from '@wewrite/contracts';
import { decideEscrow } from './escrow.ts';

const position = (obligations: number, storage: number, inTransit: number, payments: number) => ({
  obligationsCents: cents(obligations),
  storageCents: cents(storage),
  inTransitCents: cents(inTransit),
  paymentsCents: cents(payments),
});

describe('funding escrow', () => {
  test('what is owed and not yet covered is moved at once', () => {
    expect(decideEscrow(position(1_000, 200, 100, 700))).toEqual({ action: 'move', amountCents: 700 });
  });

  test('one cent too little waits, and says what is missing', () => {
    expect(decideEscrow(position(1_000, 200, 100, 699))).toEqual({ action: 'wait', shortfallCents: 1 });
    expect(decideEscrow(position(1_000, 0, 0, -50))).toEqual({ action: 'wait', shortfallCents: 1_050 });
  });

  test('what is covered already is not moved again', () => {
    expect(decideEscrow(position(1_000, 1_000, 0, 5_000))).toEqual({ action: 'covered' });
    expect(decideEscrow(position(900, 954, 0, 0))).toEqual({ action: 'covered' });
  });
});
