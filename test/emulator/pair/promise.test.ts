/** What a takeover promises is looked at in every frame: whoever breaks it is named. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answer, heard, question } from '../../../host/emulator/pair/frames.ts';
import { PairPromise } from '../../../host/emulator/pair/promise.ts';
import { Card, type Owner } from '../../../host/emulator/pair/segment.ts';

const E = '172.27.178.82';
const [ONE, OTHER] = ['02:00:00:00:01:00', '02:00:00:00:02:00'];
const owner = (name: string): Owner => ({ name, isPowered: true, hears: () => {} });
const shop = new Card('eth0', ONE, owner('shop'));
const standby = new Card('eth1', OTHER, owner('standby'));

function promise(...spoken: readonly (readonly [Card, Uint8Array])[]): PairPromise {
  const looked = new PairPromise();
  for (const [card, bytes] of spoken) {
    const said = heard(bytes);
    assert.ok(said !== null);
    looked.frame(card, said);
  }
  return looked;
}

const announced = (mac: string): Uint8Array => question(mac, E, '172.27.178.255', null);

describe('The promise of a takeover', () => {
  it('is kept by two that have one address with MAC addresses of their own', () => {
    const looked = promise([shop, announced(ONE)], [standby, announced(OTHER)], [standby, announced(OTHER)]);
    looked.answering(E, [shop, standby]);
    assert.deepEqual(looked.broken, []);
    assert.equal(looked.announcements('standby', E), 2);
  });

  it('is broken by one MAC address at two machines, and said once', () => {
    const stolen = new Card('eth1', ONE, owner('standby'));
    const looked = promise([shop, announced(ONE)], [stolen, announced(ONE)], [stolen, announced(ONE)]);
    looked.answering(E, [shop, stolen]);
    assert.deepEqual(looked.broken, [
      `${E} was at shop and at standby with the same MAC address ${ONE}`,
      `${E} is at shop and standby with the same MAC address ${ONE}`,
    ]);
  });

  it('is broken by whoever speaks for a card that he has not', () => {
    const { broken } = promise([standby, announced(ONE)]);
    assert.deepEqual(broken, [
      `standby spoke with MAC ${ONE} by the card that has ${OTHER}`,
      `standby said in ARP that ${E} has ${ONE}; its card has ${OTHER}`,
    ]);
  });

  it('counts advertisements of IPv6 alike', () => {
    const looked = promise([standby, answer(OTHER, '2001:db8:178::82', '::', ONE)]);
    assert.equal(looked.announcements('standby', '2001:db8:178::82'), 1);
    assert.deepEqual(looked.broken, []);
  });
});
