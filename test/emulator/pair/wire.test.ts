/** What is on the wire of a pair's world: IPv6 alike, and frames that somebody else's reader finds nothing wrong with. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { directory } from '../../host/fabric/scripted.ts';
import { at, duplex, Played, trying } from './duplex.ts';

const CHECKED = ['ip', 'tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
const WRONG = ['ip', 'tcp', 'udp', 'icmpv6'].map((protocol) => `${protocol}.checksum.status==0`);

/** A capture (LINKTYPE_ETHERNET) of what was sent. */
function captured(frames: readonly string[]): Buffer {
  const header = Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex');
  const records = frames.map((frame) => {
    const [us = '0', hex = ''] = frame.split(' ');
    const bytes = Buffer.from(hex, 'hex');
    const about = Buffer.alloc(16);
    about.writeUInt32LE(Math.floor(Number(us) / 1_000_000), 0);
    about.writeUInt32LE(Number(us) % 1_000_000, 4);
    about.writeUInt32LE(bytes.length, 8);
    about.writeUInt32LE(bytes.length, 12);
    return Buffer.concat([about, bytes]);
  });
  return Buffer.concat([header, ...records]);
}

describe('The wire of a pair', () => {
  for (const version of [4, 6] as const) {
    it(`carries a takeover of IPv${version}, and nothing that is malformed`, async (context) => {
      const service = at(version, 82);
      const script: Parameters<typeof duplex>[0] = [
        [1, trying('t21', service)],
        [5, { verb: 'kill', node: 'shop' }],
        [7, trying('t21', service), trying('t24', service)],
        [10, { verb: 'revive', node: 'shop' }],
        [40, trying('t24', service)],
      ];
      const played = await Played.of(
        duplex(script, 45, { version, standby: { return: 'automatic', return_after: '3s' } }),
      );
      assert.equal(played.line('takeover.taken', 'standby', service).fields.adapter, 'eth1');
      const served = (terminal: string): string => `${terminal} ${service} served`;
      assert.deepEqual(played.ends, [served('t21'), served('t21'), served('t24'), served('t24')]);
      assert.deepEqual(played.holders(service), ['shop']);
      assert.equal(played.entry('t21', service), played.mac('shop', 'eth0'));
      played.keepsPromises();
      const place = directory();
      context.after(() => place.remove());
      const file = place.path('pair.pcap');
      writeFileSync(file, captured(played.frames));
      const { error, stdout, stderr } = spawnSync(
        'tshark',
        ['-r', file, '-d', 'udp.port==7373,data', ...CHECKED, '-Y', `_ws.malformed || ${WRONG.join(' || ')}`],
        { encoding: 'utf8' },
      );
      if (error !== undefined) {
        assert.equal(process.env.REQUIRE_ALL ?? '', '', `tshark: ${error.message}`);
        context.skip(`tshark: ${error.message}`);
        return;
      }
      assert.equal(stdout, '', stderr);
    });
  }
});
