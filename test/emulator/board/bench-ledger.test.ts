/** What a router on the bench is held to: its mails, and what it says of itself. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BenchLedger } from '../../../host/emulator/board/bench-ledger.ts';
import type { Directory } from '../../../host/emulator/truth/witness.ts';

const SERVER = '2001:db8:178::80';
const [SATO, S80] = [0, 0];
const DIRECTORY: Directory = {
  ...{
    clients: 1,
    services: 1,
    clientAt: () => SATO,
    servicesAt: (address) => (address === SERVER ? [S80] : []),
  },
  client: () => ({ name: 'sato', address: '2001:db8:179::201', mail: 'sato@example.jp' }),
  service: () => ({ name: 's80', address: SERVER, port: 80 }),
};

/** Sato is turned away after 10 s, and the service is back after 40 s, if it is. */
function afterwards({
  isBack,
  seconds,
  isTold = isBack,
}: {
  isBack: boolean;
  seconds: number;
  isTold?: boolean;
}) {
  let nowS = 0;
  const ledger = new BenchLedger(DIRECTORY, () => nowS * 1_000_000);
  ledger.service(S80, true);
  ledger.service(S80, false);
  ledger.tried(SATO, S80);
  nowS = 10;
  ledger.tryEnded(SATO, S80, 'unreachable');
  nowS = 40;
  if (isBack) ledger.service(S80, true);
  nowS = 45;
  if (isTold) ledger.mail({ to: 'sato@example.jp', subject: '', text: '', messageId: '', by: 'router' });
  nowS = seconds;
  return ledger;
}

describe('A router on the bench', () => {
  it('is held to its mails where nobody can ask it', () => {
    const { isAsked, broken, holds } = afterwards({ isBack: true, seconds: 100 }).verdict(null);
    assert.deepEqual([isAsked, broken, holds], [false, [], true]);
    const untold = afterwards({ isBack: true, seconds: 100, isTold: false }).verdict(null);
    assert.deepEqual(untold.broken, [
      'sato@example.jp was turned away by s80:80, which is back, and was not told',
    ]);
  });

  it('may not hold what has long been back to be down', () => {
    const stale = [{ server: SERVER, port: 0 }];
    const sentence = 's80:80 is back, and the router still holds it to be down';
    assert.deepEqual(afterwards({ isBack: true, seconds: 100 }).verdict(stale).broken, [sentence]);
    assert.deepEqual(afterwards({ isBack: true, seconds: 60 }).verdict(stale).broken, [], 'it may still ask');
    assert.deepEqual(afterwards({ isBack: false, seconds: 100 }).verdict(stale).broken, []);
    const other = [{ server: '172.27.178.99', port: 80 }];
    assert.deepEqual(
      afterwards({ isBack: true, seconds: 100 }).verdict(other).broken,
      [],
      'none of the bench',
    );
  });

  it('must know by its status what has turned people away for a minute', () => {
    const sentence = 's80:80 has turned people away, and the router does not hold it to be down';
    assert.deepEqual(afterwards({ isBack: false, seconds: 100 }).verdict([]).broken, [sentence]);
    assert.deepEqual(afterwards({ isBack: false, seconds: 60 }).verdict([]).broken, []);
    const known = [{ server: SERVER, port: 80 }];
    assert.deepEqual(afterwards({ isBack: false, seconds: 100 }).verdict(known).broken, []);
  });
});
