import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FabricEvent } from '../../../host/fabric/records.ts';
import { advertisement, arp, Flag, framed, segment, unreachable } from '../../frames.ts';
import {
  clientsIn,
  Fabric,
  NAKAMURA6,
  refusal,
  restored,
  SATO,
  SECOND_US,
  SERVER,
  SERVER6,
  syn,
  synAck,
  TANAKA,
} from './fabric.ts';

const ROUTER = '172.27.179.1';
const HOST_UNREACHABLE = 1;
const host = { server: SERVER.address, port: 0 } as const;

/** The router's word to a client that its request did not get through. */
function turnedAway(sequence: number, from = SATO): Buffer {
  const quoted = segment(from, SERVER, { flags: Flag.syn, sequence });
  return framed(unreachable(ROUTER, HOST_UNREACHABLE, quoted, from.address));
}

/** A fabric in which Sato waits for the server as a whole, since 3 s. */
function down(): Fabric {
  const fabric = new Fabric();
  fabric.frame(syn(SATO, SERVER, 1), 1 * SECOND_US);
  fabric.frame(syn(SATO, SERVER, 1), 2 * SECOND_US);
  fabric.frame(turnedAway(1), 3 * SECOND_US, 'Out');
  fabric.events();
  return fabric;
}

describe('Each event says what happened', () => {
  it('outage and waiting: who is down, who waits, and since when', () => {
    const fabric = new Fabric();
    fabric.frame(syn(SATO, SERVER, 1), 1 * SECOND_US);
    fabric.frame(syn(SATO, SERVER, 1), 2 * SECOND_US);
    fabric.frame(turnedAway(1), 3 * SECOND_US, 'Out');
    const same = { nowUs: 3 * SECOND_US, ...host, cause: 'unreachable' } as const;
    assert.deepEqual(fabric.events(), [
      { kind: 'outage', ...same, triedPort: 80, firstUs: SECOND_US, state: 'down' },
      { kind: 'waiting', ...same, client: SATO.address, tries: 2, firstUs: SECOND_US, lastUs: 2 * SECOND_US },
    ]);
  });

  it('outage and waiting: a service that refuses', () => {
    const fabric = new Fabric();
    fabric.command({ kind: 'knowService', server: SERVER.address, port: 80 });
    fabric.frame(syn(SATO, SERVER, 1), 1 * SECOND_US);
    fabric.frame(refusal(SERVER, SATO, 1), 2 * SECOND_US, 'Out');
    const same = { nowUs: 2 * SECOND_US, server: SERVER.address, port: 80, cause: 'refused' } as const;
    assert.deepEqual(fabric.events(), [
      { kind: 'outage', ...same, triedPort: 80, firstUs: SECOND_US, state: 'down' },
      { kind: 'waiting', ...same, client: SATO.address, tries: 1, firstUs: SECOND_US, lastUs: SECOND_US },
    ]);
  });

  it('outage and waiting: silence, over IPv6', () => {
    const fabric = new Fabric();
    fabric.frame(syn(NAKAMURA6, SERVER6, 1), SECOND_US);
    const [outage, waiting] = fabric.events(31 * SECOND_US);
    const same = { nowUs: 31 * SECOND_US, server: SERVER6.address, port: 0, cause: 'unanswered' } as const;
    assert.deepEqual(outage, { kind: 'outage', ...same, triedPort: 443, firstUs: SECOND_US, state: 'down' });
    const { address: client } = NAKAMURA6;
    assert.deepEqual(waiting, {
      kind: 'waiting',
      ...same,
      client,
      tries: 1,
      firstUs: SECOND_US,
      lastUs: SECOND_US,
    });
  });

  for (const [sign, frame] of [
    ['arp', arp({ operation: 2, sender: SERVER.address, target: ROUTER })],
    ['announcement', arp({ operation: 1, sender: SERVER.address, target: SERVER.address })],
  ] as const) {
    it(`signal: ${sign}`, () => {
      const fabric = down();
      fabric.frame(frame, 9 * SECOND_US);
      assert.deepEqual(fabric.events(), [
        { kind: 'signal', nowUs: 9 * SECOND_US, ...host, sign, triedPort: 80, answeredPort: 0 },
      ]);
    });
  }

  it('signal: syn-ack, and the port that was tried last', () => {
    const fabric = down();
    const secure = { ...SERVER, port: 443 };
    fabric.frame(syn(TANAKA, secure, 5), 8 * SECOND_US);
    fabric.events();
    fabric.frame(synAck(secure, TANAKA, 5), 9 * SECOND_US);
    const [signal] = fabric.events().filter(({ kind }) => kind === 'signal');
    const expected = {
      kind: 'signal',
      nowUs: 9 * SECOND_US,
      ...host,
      sign: 'syn-ack',
      triedPort: 443,
      answeredPort: 443,
    };
    assert.deepEqual(signal, expected);
  });

  it('signal: neighbour, over IPv6', () => {
    const fabric = new Fabric();
    fabric.command(restored(NAKAMURA6.address, { server: SERVER6.address, triedPort: 443 }));
    fabric.frame(framed(advertisement(SERVER6.address, '2001:db8:178::1', true)), 9 * SECOND_US);
    assert.deepEqual(fabric.events(), [
      { kind: 'signal', nowUs: 9 * SECOND_US, server: SERVER6.address, port: 0, sign: 'neighbour', triedPort: 443, answeredPort: 0 },
    ]); // biome-ignore format: one event a line
  });

  it('answered: of the very outage that its client waited in', () => {
    const fabric = new Fabric();
    fabric.frame(syn(SATO, SERVER, 1), 1 * SECOND_US);
    // The restored outage is what makes the second request count at once.
    fabric.command(restored(TANAKA.address));
    fabric.frame(syn(SATO, SERVER, 2), 2 * SECOND_US);
    assert.equal(fabric.events().at(-1)?.kind, 'waiting');
    fabric.frame(synAck(SERVER, SATO, 2), 2.5 * SECOND_US);
    const answered = fabric.events().find(({ kind }) => kind === 'answered');
    assert.deepEqual(answered, { kind: 'answered', nowUs: 2.5 * SECOND_US, ...host, client: SATO.address });
  });

  it('released and releaseEnd: the chain, in order', () => {
    const fabric = down();
    fabric.frame(syn(TANAKA, SERVER, 7), 4 * SECOND_US);
    fabric.events();
    const same = { nowUs: 4 * SECOND_US, ...host, cause: 'unreachable' } as const;
    assert.deepEqual(fabric.command({ kind: 'release', ...host }), [
      { kind: 'released', ...same, client: SATO.address, tries: 2, firstUs: SECOND_US, lastUs: 2 * SECOND_US },
      { kind: 'released', ...same, client: TANAKA.address, tries: 1, firstUs: 4 * SECOND_US, lastUs: 4 * SECOND_US },
      { kind: 'releaseEnd', nowUs: 4 * SECOND_US, ...host },
    ]); // biome-ignore format: one event a line
  });

  it('forgotten: and whether the outage goes on for who came meanwhile', () => {
    const fabric = down();
    fabric.command({ kind: 'release', ...host });
    const forget = { kind: 'forget', ...host } as const;
    fabric.frame(syn(TANAKA, SERVER, 7), 5 * SECOND_US);
    fabric.frame(turnedAway(7, TANAKA), 6 * SECOND_US, 'Out');
    assert.deepEqual(clientsIn(fabric.events(), 'waiting'), [TANAKA.address]);
    const nowUs = 6 * SECOND_US;
    assert.deepEqual(fabric.command(forget), [
      { kind: 'forgotten', nowUs, ...host, goesOn: true },
      {
        kind: 'outage',
        nowUs,
        ...host,
        cause: 'unreachable',
        triedPort: 80,
        firstUs: 5 * SECOND_US,
        state: 'down',
      },
    ]);
    fabric.command({ kind: 'release', ...host });
    assert.deepEqual(fabric.command(forget), [{ kind: 'forgotten', nowUs, ...host, goesOn: false }]);
  });

  it('swept, dropped and sweepEnd: who is given up, and the outage with the last of them', () => {
    const fabric = down();
    const nowUs = 3 * SECOND_US;
    assert.deepEqual(fabric.command({ kind: 'sweep', olderThanUs: nowUs }), [
      {
        kind: 'swept',
        nowUs,
        ...host,
        client: SATO.address,
        cause: 'unreachable',
        tries: 2,
        firstUs: SECOND_US,
        lastUs: 2 * SECOND_US,
      },
      { kind: 'dropped', nowUs, ...host },
      { kind: 'sweepEnd', nowUs },
    ]);
  });

  it('outage, once more: in which state it is when everything is said again', () => {
    const fabric = down();
    const state = (): string[] =>
      fabric.sync().flatMap((event) => (event.kind === 'outage' ? [event.state] : []));
    assert.deepEqual(state(), ['down']);
    fabric.frame(arp({ operation: 2, sender: SERVER.address, target: ROUTER }), 9 * SECOND_US);
    assert.deepEqual(state(), ['signalled']);
    fabric.command({ kind: 'release', ...host });
    assert.deepEqual(state(), ['released']);
  });

  it('syncEnd: nothing more is to be said', () => {
    assert.deepEqual(
      new Fabric().command({ kind: 'sync' }).map(({ kind }) => kind),
      ['syncEnd'],
    );
    const kinds = down()
      .command({ kind: 'sync' })
      .map(({ kind }) => kind);
    assert.deepEqual(kinds, ['outage', 'waiting', 'syncEnd']);
  });

  for (const [outcome, answer] of [
    ['open', null],
    ['answered', synAck(SERVER, SATO, 7)],
    ['refused', refusal(SERVER, SATO, 7)],
    ['unreachable', turnedAway(7)],
  ] as const) {
    it(`attempt: ${outcome}`, () => {
      const fabric = new Fabric({ options: { reportAttempts: true } });
      fabric.frame(syn(SATO, SERVER, 7), SECOND_US);
      fabric.frame(syn(SATO, SERVER, 7), 2 * SECOND_US);
      if (answer !== null) fabric.frame(answer, 3 * SECOND_US, 'Out');
      const attempts = fabric.command({ kind: 'flush' }).filter(({ kind }) => kind === 'attempt');
      const nowUs = (answer === null ? 2 : 3) * SECOND_US;
      assert.deepEqual(attempts, [
        {
          kind: 'attempt',
          nowUs,
          outcome,
          client: SATO.address,
          clientPort: SATO.port,
          server: SERVER.address,
          port: SERVER.port,
          sequence: 7,
          tries: 2,
          firstUs: SECOND_US,
        },
      ]);
    });
  }

  it('attempt: unanswered, with a sequence number that needs all 32 bits', () => {
    const fabric = new Fabric({ options: { reportAttempts: true } });
    fabric.frame(syn(SATO, SERVER, 0xfedcba98), SECOND_US);
    const attempt = fabric.events(40 * SECOND_US).find((event) => event.kind === 'attempt');
    assert.deepEqual(attempt?.kind === 'attempt' && [attempt.outcome, attempt.sequence, attempt.clientPort], [
      'unanswered',
      0xfedcba98,
      SATO.port,
    ]);
  });

  it('counters: each at its number', () => {
    const fabric = down();
    const { codes } = fabric.engine.module;
    const values: number[] = [];
    for (const event of fabric.command({ kind: 'counters' }))
      if (event.kind === 'counters')
        for (const [i, value] of event.values.entries()) values[event.first + i] = value;
    const counted = (name: string): number | undefined => values[codes.number(name)];
    assert.deepEqual(
      ['Verdict.SynNoted', 'Verdict.SynRepeated', 'Verdict.UnreachableLinks', 'Verdict.ArpSign'].map(counted),
      [1, 1, 1, 0],
    );
    assert.deepEqual(
      ['Counter.OutagesOpened', 'Counter.ClientsEntered', 'Counter.ServersDown', 'Counter.EventsLost'].map(
        counted,
      ),
      [1, 1, 1, 0],
    );
    assert.ok(values.length >= codes.number('Counter.COUNT'), 'all of them');
  });
});

describe('The events of a story', () => {
  it('come in the order in which things happened', () => {
    const fabric = new Fabric();
    const kinds: FabricEvent['kind'][] = [];
    fabric.frame(syn(SATO, SERVER, 1), 1 * SECOND_US);
    fabric.frame(turnedAway(1), 2 * SECOND_US, 'Out');
    fabric.frame(syn(TANAKA, SERVER, 2), 3 * SECOND_US);
    fabric.frame(arp({ operation: 2, sender: SERVER.address, target: ROUTER }), 4 * SECOND_US);
    kinds.push(...fabric.events().map(({ kind }) => kind));
    assert.deepEqual(kinds, ['outage', 'waiting', 'waiting', 'signal']);
  });
});
