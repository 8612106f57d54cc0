/** A signed datagram where traps come in: whom it is about, and who is not believed. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { describe, it } from 'node:test';
import { machineTime } from '../../../host/time.ts';
import { isAnnouncement, readAnnouncement, writeAnnouncement } from '../../../host/traps/announcement.ts';
import { listenForTraps, type Trap } from '../../../host/traps/listener.ts';
import { recordingLog, until } from '../tools.ts';

const KEY = 'a list key that nobody guesses';
const ID = '00112233445566778899aabbccddeeff';
const SERVERS = ['172.27.178.80', '2001:db8:178::80'];
const said = (servers: readonly string[] = SERVERS, id = ID, key = KEY): Buffer =>
  writeAnnouncement({ servers, id }, key);

describe('an announcement', () => {
  it('is read as it was written, and can be made by a shell', () => {
    assert.deepEqual(readAnnouncement(said(), KEY), { servers: SERVERS, id: ID });
    const text = `ringback announce 1\nid ${ID}\nserver 172.27.178.80\n`;
    const signature = createHmac('sha256', KEY).update(text).digest('hex');
    const [server = ''] = SERVERS;
    assert.equal(said([server]).toString(), `${text}signature ${signature}\n`);
  });

  it('of whoever does not know the key is not believed, nor anybody’s where there is none', () => {
    assert.equal(readAnnouncement(said(SERVERS, ID, 'another key'), KEY), 'unauthorised');
    assert.equal(readAnnouncement(said(), null), 'unauthorised');
    const whole = said();
    for (let at = 20; at < whole.length - 1; at += 1) {
      const forged = Buffer.from(whole);
      forged[at] = forged[at] === 0x30 ? 0x31 : 0x30;
      assert.equal(typeof readAnnouncement(forged, KEY), 'string', `byte ${at}`);
    }
  });

  it('is whole, of this version, and about addresses', () => {
    const whole = said();
    for (let length = 0; length < whole.length - 1; length += 1)
      assert.equal(readAnnouncement(whole.subarray(0, length), KEY), 'malformed', `${length} bytes`);
    const signed = (text: string): Buffer =>
      Buffer.from(`${text}signature ${createHmac('sha256', KEY).update(text).digest('hex')}\n`);
    for (const text of [
      `ringback announce 2\nid ${ID}\nserver 172.27.178.80\n`,
      `ringback announce 1\nid ${ID}\n`,
      `ringback announce 1\nid ${ID}\nserver www.example.jp\n`,
      `ringback announce 1\nid ${ID}\nserver 999.1.1.1\n`,
      `ringback announce 1\nid ${ID}\n${'server 172.27.178.80\n'.repeat(33)}`,
      `ringback announce 1\nid 1\nserver 172.27.178.80\n`,
    ])
      assert.equal(readAnnouncement(signed(text), KEY), 'malformed', text);
    assert.equal(isAnnouncement(Buffer.from([0x30, 0x10])), false);
  });

  it('counts once, however often it comes, on the socket of traps', async () => {
    const traps: Trap[] = [];
    const { log } = recordingLog();
    const listener = await listenForTraps(
      {
        listen: { host: '127.0.0.1', port: 0 },
        communities: ['public'],
        users: [],
        relays: [],
        accept: ['coldStart'],
      },
      (trap) => traps.push(trap),
      { log, time: machineTime, key: KEY },
    );
    const socket = createSocket('udp4');
    const send = (datagram: Buffer): void => socket.send(datagram, listener.address.port, '127.0.0.1');
    for (const datagram of [said(), said(), said(SERVERS, ID, 'wrong'), Buffer.from('ringback announce 1\n')])
      send(datagram);
    send(said(['172.27.178.81'], ID.replaceAll('0', '1')));
    const { counters } = listener;
    await until(
      'all five',
      () => counters.accepted + counters.ignored + counters.malformed + counters.unauthorised === 5,
    );
    assert.deepEqual(counters, { accepted: 2, ignored: 1, malformed: 1, unauthorised: 1, limited: 0 });
    assert.deepEqual(
      traps.map(({ server, name, version }) => [server, name, version]),
      [...SERVERS, '172.27.178.81'].map((server) => [server, 'announce', 'signed']),
    );
    socket.close();
    await listener.close();
  });
});
