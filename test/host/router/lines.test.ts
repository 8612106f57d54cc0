import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configuration, OTHER, SATO, SERVER, STRANGER, World } from './world.ts';

const MANY = 2000;
/** Another line of a flood is left out, however many more there are. */
const MOST = 400;

/** SERVER is named with one port, OTHER has answered somebody there. */
function world(): World {
  const services = [{ server: OTHER, port: 443, heardMs: 0, admitted: null, askedMs: null }];
  return new World(configuration(`servers: [{address: ${SERVER}, ports: [443]}]`), { services });
}

const forged = (n: number): string => `172.27.200.${n}`;

describe('Lines of the log', () => {
  it('about servers that are named, or known, are there in a flood of such about others', () => {
    for (const server of [SERVER, OTHER]) {
      for (const port of [0, 443]) {
        for (const state of ['down', 'suspected'] as const) {
          const one = world();
          for (let n = 0; n < MANY; n++) one.down({ server: forged(n), port: 0 }, { state });
          // Nor do ports that nobody knows count as known ones.
          for (let n = 1000; n < 1000 + MANY; n++) one.down({ server, port: n }, { state });
          const event = state === 'down' ? 'outage.opened' : 'suspicion.opened';
          assert.ok(one.told(event).length < MOST, `${one.told(event).length} lines`);
          one.down({ server, port }, { state });
          assert.equal(one.told(event).at(-1), `${event} ${server} ${port}`);
        }
      }
    }
  });

  it('about servers that are named are there in a flood of such about servers that once answered', () => {
    const one = world();
    for (let n = 0; n < MANY; n++) {
      const target = { server: forged(n), port: 443 };
      one.services.heard(target);
      one.down(target);
    }
    assert.ok(one.told('outage.opened').length < MOST);
    one.down({ server: SERVER, port: 443 });
    assert.equal(one.told('outage.opened').at(-1), `outage.opened ${SERVER} 443`);
  });

  it('about people who are known are there in a flood of such about others, there or elsewhere', () => {
    const one = world();
    const target = { server: SERVER, port: 443 };
    one.down(target);
    for (let n = 0; n < MANY; n++) {
      one.client('waiting', target, `10.0.${n >> 8}.${n & 255}`);
      one.down({ server: forged(n), port: 0 });
      one.client('waiting', { server: forged(n), port: 0 }, SATO);
    }
    assert.ok(one.told('client.waiting').length < MOST, `${one.told('client.waiting').length} lines`);
    one.client('waiting', target, STRANGER);
    assert.notEqual(one.told('client.waiting').at(-1), `client.waiting ${SERVER} 443 ${STRANGER}`);
    one.client('waiting', target, SATO);
    assert.equal(one.told('client.waiting').at(-1), `client.waiting ${SERVER} 443 ${SATO}`);
  });

  it('about signs are there in a flood of signs of others', () => {
    const one = world();
    const target = { server: SERVER, port: 443 };
    one.down(target);
    for (let n = 0; n < MANY; n++) {
      one.down({ server: forged(n), port: 0 });
      one.signal({ server: forged(n), port: 0 });
    }
    assert.ok(one.told('recovery.signal').length < MOST);
    one.signal(target);
    assert.equal(one.told('recovery.signal').at(-1), `recovery.signal ${SERVER} 443`);
  });
});
