/** The address by which an active talks, and needs beside those that it gives. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { address } from '../../board/lab/lab.ts';
import { addressesOn, duplexStory, startActive, startStandby } from './takeover/duplex.ts';

const OWN = `${address('shop')}/24`;

describe('an active’s own address', { concurrency: 2 }, () => {
  duplexStory('is as good with a lifetime, as DHCP gives it', async (lab) => {
    const lifetime = ['valid_lft', '3600', 'preferred_lft', '3600'];
    const argv = ['ip', 'address', 'change', OWN, 'dev', 'eth1', ...lifetime];
    assert.equal((await lab.run('shop', argv)).code, 0);
    await startStandby(lab);
    const shop = await startActive(lab, 'shop', { listen: undefined });
    const ready = await shop.event({ event: 'ready' });
    assert.equal(ready.from, `${address('shop')}:7373`);
    await shop.event({ event: 'takeover.session' });
    assert.deepEqual(shop.matching({ event: 'takeover.mute' }), []);
    assert.equal((await shop.takeover('--give')).code, 0);
    assert.deepEqual(await addressesOn(lab, 'shop', 'eth1'), [OWN, '2001:db8:178::12/64']);
    assert.equal((await shop.takeover('--return')).code, 0);
  });

  duplexStory('is missed where there is none', async (lab) => {
    assert.equal((await lab.run('shop', ['ip', 'address', 'flush', 'dev', 'eth1'])).code, 0);
    const shop = await startActive(lab, 'shop', { listen: undefined });
    await shop.event({ event: 'takeover.mute' });
    await shop.event({ event: 'ready' });
  });
});
