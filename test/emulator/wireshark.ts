/** What Wireshark finds wrong in a capture: frames that are malformed, and wrong checksums. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';

const WRONG = [
  ...['_ws.malformed', 'ip.checksum.status==0', 'tcp.checksum.status==0', 'udp.checksum.status==0'],
  ...['icmp.checksum.status==0', 'icmpv6.checksum.status==0'],
].join(' || ');
const CHECKED = ['ip.check_checksum', 'tcp.check_checksum', 'udp.check_checksum'].flatMap((preference) => [
  '-o',
  `${preference}:TRUE`,
]);
/** Wireshark guesses at what it does not know: datagrams of a takeover are bytes. */
const BYTES = ['-d', 'udp.port==7373,data'];

/** false: it is not here, and the test is left out; where it must be, it fails. */
export function hasWireshark(test: TestContext): boolean {
  if (spawnSync('tshark', ['--version']).error === undefined) return true;
  assert.equal(process.env.REQUIRE_ALL ?? '', '', 'tshark is missing');
  test.skip('tshark is not there');
  return false;
}

/** `name`: whose capture that file is. */
export function assertRight(name: string, path: string): void {
  const { stdout, stderr, status } = spawnSync('tshark', ['-r', path, ...CHECKED, ...BYTES, '-Y', WRONG], {
    encoding: 'utf8',
  });
  assert.deepEqual([name, status, stdout], [name, 0, ''], stderr);
}
