/** Which addresses the fabric is told to listen for when there are more than it has room for. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Claims } from '../../../../host/takeover/machine/claims.ts';

const ROOM = 3;
const HARDWARE = '02:00:00:00:13:01';

/** The claims, and what the fabric makes of them: it refuses what it has no room for. */
function watched(): { readonly claims: Claims; readonly fabric: Set<string>; refused: number } {
  const fabric = new Set<string>();
  const found = { fabric, refused: 0 };
  const claims = new Claims({
    most: () => ROOM,
    macOf: (ifname) => (ifname === 'gone' ? null : HARDWARE),
    send: (command) => {
      if (command.kind === 'unclaim') fabric.delete(command.address);
      else if (command.kind === 'claim' && (fabric.has(command.address) || fabric.size < ROOM)) {
        assert.deepEqual([command.hardware, command.interface], [HARDWARE, 0]);
        fabric.add(command.address);
      } else found.refused++;
    },
  });
  return { claims, ...found };
}

describe('the claims of a takeover', () => {
  it('are known to the fabric until it is full, and that is said', () => {
    const { claims, fabric } = watched();
    const known = ['a', 'b', 'c', 'd', 'b', 'd'].map((address) => claims.put('eth1', address));
    assert.deepEqual(known, [true, true, true, false, true, false]);
    assert.deepEqual([...fabric], ['a', 'b', 'c']);
    assert.ok(claims.has('d'), 'it waits for room');
  });

  it('move up when there is room', () => {
    const { claims, fabric } = watched();
    for (const address of ['a', 'b', 'c', 'd', 'e']) claims.put('eth1', address);
    claims.delete('b');
    assert.deepEqual([...fabric], ['a', 'c', 'd']);
    claims.delete('e');
    claims.delete('nobody');
    assert.deepEqual([...fabric], ['a', 'c', 'd']);
    claims.delete('a');
    assert.deepEqual([...fabric], ['c', 'd']);
    assert.equal(claims.put('eth1', 'f'), true);
  });

  it('are told anew to a fabric that knows of nothing', () => {
    const { claims, fabric, refused } = watched();
    for (const address of ['a', 'b', 'c', 'd']) claims.put('eth1', address);
    fabric.clear();
    claims.sendAll();
    assert.deepEqual([...fabric], ['a', 'b', 'c']);
    assert.equal(refused, 0);
  });

  it('of an interface that is not there wait for it', () => {
    const { claims, fabric } = watched();
    claims.put('gone', 'a');
    assert.deepEqual([...fabric], []);
    claims.put('eth1', 'a');
    assert.deepEqual([...fabric], ['a']);
  });
});
