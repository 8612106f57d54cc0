import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { describe, it } from 'node:test';
import snmp from 'net-snmp';
import type { TrapCounters } from '../../../host/traps/listener.ts';
import { COLD_START, LINK_UP, OPS, sendAll, withListener } from '../recovery/support.ts';
import { until } from '../tools.ts';
import { communityMessage, oid, pdu, trapOidVarbind, trapVersion1, UP_TIME, userMessage } from './ber.ts';

const TRAP = 0xa7;
const INFORM = 0xa6;
const GOOD = pdu(TRAP, [UP_TIME, trapOidVarbind(COLD_START)]);
const ENGINE = Buffer.from('80001f8880aabbccdd', 'hex');

function total(counters: TrapCounters): number {
  return Object.values(counters).reduce((sum: number, count: number) => sum + count, 0);
}

/** The same bytes in every run, so that what fails once fails again. */
function* noise(seed: string): Generator<Buffer, never> {
  for (let serial = 0; ; serial += 1) yield createHash('sha512').update(`${seed} ${serial}`).digest();
}

describe('messages that look like traps', () => {
  it('counts as malformed what lacks a part of a trap', async () => {
    const messages = [
      communityMessage(1, pdu(TRAP, [])),
      communityMessage(1, pdu(TRAP, [UP_TIME])),
      communityMessage(1, pdu(TRAP, [trapOidVarbind(COLD_START)])),
      // A v2 PDU in a v1 message, and the other way round.
      communityMessage(0, GOOD),
      communityMessage(1, trapVersion1(0, [127, 0, 0, 1], [UP_TIME, trapOidVarbind(COLD_START)])),
      // Generic traps end at 6.
      communityMessage(0, trapVersion1(7)),
      communityMessage(0, trapVersion1(0, [127, 0, 0])),
      // A manager's question.
      communityMessage(1, pdu(0xa0, [UP_TIME])),
      userMessage('plain', ENGINE, 0, pdu(TRAP, [UP_TIME])),
    ];
    const users = [{ name: 'plain', auth: null, priv: null }];
    await withListener({ users }, async ({ port, listener, traps, lines }) => {
      await sendAll(port, messages);
      await until('all of them', () => listener.counters.malformed === messages.length);
      assert.equal(total(listener.counters), messages.length);
      assert.deepEqual(traps, []);
      assert.equal(lines.filter(({ event }) => event === 'trap.malformed').length, 1);
      await sendAll(port, [communityMessage(1, GOOD), userMessage('plain', ENGINE, 0, GOOD)]);
      await until('the good ones', () => traps.length === 2);
    });
  });

  it('counts every truncation of a good trap as malformed', async () => {
    for (const message of [communityMessage(0, trapVersion1(0)), communityMessage(1, GOOD)]) {
      await withListener({}, async ({ port, listener, traps }) => {
        const cuts = Array.from(message, (_, length) => message.subarray(0, length));
        await sendAll(port, cuts);
        await until('all of them', () => listener.counters.malformed === cuts.length);
        assert.deepEqual(traps, []);
      });
    }
  });

  it('acknowledges no inform that lacks a part', async () => {
    await withListener({}, async ({ port, listener }) => {
      const answers: Buffer[] = [];
      const socket = createSocket('udp4').on('message', (answer) => answers.push(answer));
      socket.send(communityMessage(1, pdu(INFORM, [UP_TIME])), port, '127.0.0.1');
      await until('the bad one', () => listener.counters.malformed === 1);
      socket.send(communityMessage(1, pdu(INFORM, [UP_TIME, trapOidVarbind(COLD_START)])), port, '127.0.0.1');
      await until('an answer', () => answers.length > 0);
      assert.equal(answers.length, 1);
      assert.ok(answers[0]?.includes(oid(COLD_START)), 'it is the answer to the good one');
      socket.close();
    });
  });

  it('refuses the nameless user, with and without users', async () => {
    for (const users of [[], [OPS]]) {
      await withListener({ users }, async ({ port, listener, traps }) => {
        await sendAll(port, [userMessage('', ENGINE, 0, GOOD)]);
        await until('a refusal', () => listener.counters.unauthorised === 1);
        assert.deepEqual(traps, []);
      });
    }
  });

  it('answers no question for its engine when v3 is not wanted', async () => {
    await withListener({}, async ({ port, listener }) => {
      await sendAll(port, [userMessage('', Buffer.alloc(0), 4, pdu(0xa0, []))]);
      await until('a refusal', () => listener.counters.unauthorised === 1);
    });
  });

  it('derives keys for a bounded number of engines that a stranger invents', async () => {
    await withListener({ users: [OPS] }, async ({ port, listener, traps, lines }) => {
      const before = Object.keys(snmp.Authentication.authToKeyCache).length;
      const forged = noise('engines');
      for (let sent = 0; listener.counters.limited === 0; sent += 50) {
        assert.ok(sent < 5000, 'the limit is never reached');
        const engines = Array.from({ length: 50 }, () => forged.next().value.subarray(0, 12));
        await sendAll(
          port,
          engines.map((engine) => userMessage('ops', engine, 1, GOOD)),
        );
        await until('their judgement', () => total(listener.counters) === sent + 50);
      }
      assert.ok(Object.keys(snmp.Authentication.authToKeyCache).length - before < 1100);
      assert.deepEqual(traps, []);
      assert.ok(lines.some(({ event }) => event === 'trap.limited'));
    });
  });
});

describe('the trap socket under fire', () => {
  it('outlives 10,000 datagrams of noise and still takes a trap', async () => {
    await withListener({ users: [OPS] }, async ({ port, listener, traps, lines }) => {
      const seeds = [
        communityMessage(0, trapVersion1(0)),
        communityMessage(1, GOOD),
        communityMessage(1, pdu(INFORM, [UP_TIME, trapOidVarbind(COLD_START)])),
        userMessage('ops', ENGINE, 3, GOOD),
        userMessage('ops', ENGINE, 1, GOOD),
        userMessage('', Buffer.alloc(0), 4, pdu(0xa0, [])),
      ];
      const random = noise('datagrams');
      const datagrams = Array.from({ length: 10_000 }, (_, index) => {
        const bytes = random.next().value;
        const seed = seeds[index % (seeds.length + 1)];
        if (seed === undefined) return bytes.subarray(0, bytes.readUInt8(0) % 65);
        // One to four bytes of a message changed.
        const mutant = Buffer.from(seed);
        for (let change = 0; change <= bytes.readUInt8(1) % 4; change += 1) {
          mutant[bytes.readUInt16BE(2 + 2 * change) % mutant.length] = bytes.readUInt8(20 + change);
        }
        return mutant;
      });
      const marker = communityMessage(1, pdu(TRAP, [UP_TIME, trapOidVarbind(LINK_UP)]));
      const marks = (): number => traps.filter((trap) => trap.oid === LINK_UP).length;
      for (let at = 0; at < datagrams.length; at += 50) {
        // Loopback drops what a full buffer cannot hold: go on when the listener is through with these.
        const before = marks();
        await sendAll(port, [...datagrams.slice(at, at + 50), marker]);
        await until('a trap behind the noise', () => marks() > before);
      }
      assert.ok(listener.counters.malformed > 5000, `${listener.counters.malformed} malformed`);
      assert.equal(listener.counters.accepted, traps.length);
      for (const event of ['trap.malformed', 'trap.unauthorised']) {
        assert.ok(lines.filter((line) => line.event === event).length < 10, `${event} floods the log`);
      }
      assert.equal(lines.filter(({ event }) => event === 'trap.failed').length, 0);
    });
  });
});
