import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectDaemon } from '../../../host/fabric/daemon.ts';
import type { FabricLink } from '../../../host/fabric/link.ts';
import { machineTime } from '../../../host/time.ts';
import { FakeTime } from '../fake-time.ts';
import { until } from '../tools.ts';
import {
  codec,
  codes,
  eventRecord,
  interfaceRecord,
  readyRecord,
  refusedRecord,
  sentRecord,
} from './daemon-records.ts';
import { SERVER } from './fabric.ts';
import { directory, Heard, inPieces, records, type Step, scripted } from './scripted.ts';

const LAN0 = { name: 'lan0', number: 1, hardware: '02:00:00:00:ab:01' } as const;

/** A link to a daemon that takes these steps, ended with the test. */
function linked(context: TestContext, ...steps: readonly Step[]): { heard: Heard; link: FabricLink } {
  const heard = new Heard();
  const link = heard.link(scripted(...steps), ['lan0', 'wan0']);
  context.after(() => link.close());
  return { heard, link };
}

const ended = async (heard: Heard): Promise<string> => {
  await until('its end', () => heard.ends.length > 0);
  return heard.ends[0]?.message ?? '';
};

describe('What a daemon says', () => {
  it('arrives as what it is', async (context) => {
    const { heard } = linked(
      context,
      records(readyRecord({ configured: true, version: '0.1.0', nowUs: 2n ** 40n })),
      records(interfaceRecord({ ...LAN0, received: 2 ** 33, dropped: 5, lost: 6, shed: 7 })),
      records(interfaceRecord({ name: 'a-name-of-16-let', number: 2, up: false })),
      records(refusedRecord(codes.number('Command.Release'), codes.number('Status.NotFound'))),
      records(refusedRecord(100, 201), eventRecord('SyncEnd', 7), eventRecord('FlushEnd', 8)),
    );
    await until('the last record', () => heard.events.length === 2);
    assert.deepEqual(heard.ready, [{ configured: true, connections: 0, version: '0.1.0', nowUs: 2 ** 40 }]);
    assert.deepEqual(heard.interfaces, [
      { ...LAN0, up: true, received: 2 ** 33, dropped: 5, lost: 6, shed: 7 },
      {
        name: 'a-name-of-16-let',
        number: 2,
        hardware: null,
        up: false,
        received: 0,
        dropped: 0,
        lost: 0,
        shed: 0,
      },
    ]);
    assert.deepEqual(heard.refused, ['Release NotFound', '100 201']);
    assert.deepEqual(heard.order, ['syncEnd', 'flushEnd']);
  });

  it('of the frames that it was to send arrives with the tickets of the commands', async (context) => {
    const announce = codes.number('Command.Announce');
    const { heard } = linked(
      context,
      records(readyRecord(), sentRecord(0, { ticket: 65_535, iface: 2 })),
      records(sentRecord(3, { ticket: 1, iface: 1 }, 'it is switched off, or has no carrier')),
      records(refusedRecord(announce, codes.number('Status.BadFamily'), { ticket: 2, iface: 3 })),
      records(sentRecord(200, { ticket: 3 }, 'of a later version'), eventRecord('SyncEnd', 7)),
    );
    await until('the last record', () => heard.events.length === 1);
    assert.deepEqual(heard.announced, [
      { ticket: 65_535, interface: 2, outcome: 'sent', reason: '' },
      { ticket: 1, interface: 1, outcome: 'down', reason: 'it is switched off, or has no carrier' },
      { ticket: 2, interface: 3, outcome: 'refused', reason: 'BadFamily' },
      { ticket: 3, interface: 0, outcome: 'failed', reason: 'of a later version' },
    ]);
    assert.deepEqual(heard.refused, []);
  });

  for (const size of [1, 7, 63, 65, 100]) {
    it(`arrives whole in pieces of ${size} bytes`, async (context) => {
      const sent = [readyRecord(), interfaceRecord({ ...LAN0, received: 9 }), eventRecord('SyncEnd', 1)];
      const { heard } = linked(context, ...inPieces(Buffer.concat(sent), size));
      await until('the last record', () => heard.events.length === 1);
      assert.equal(heard.ready[0]?.version, '1.2.3');
      assert.deepEqual(heard.interfaces, [{ ...LAN0, up: true, received: 9, dropped: 0, lost: 0, shed: 0 }]);
      assert.deepEqual(heard.order, ['syncEnd']);
    });
  }

  it('for people arrives line by line', async (context) => {
    const { heard } = linked(
      context,
      { say: 'ringback-fabricd: lan0 is ' },
      { waitMs: 20 },
      { say: 'down\nringback-fabricd: up\nhalf a line' },
      records(readyRecord()),
    );
    await until('two lines', () => heard.messages.length === 2);
    assert.deepEqual(heard.messages, ['ringback-fabricd: lan0 is down', 'ringback-fabricd: up']);
  });

  it('for people takes no memory without end', async (context) => {
    const { heard } = linked(context, { say: 'x'.repeat(100_000) }, { say: '\n' });
    await until('the line', () => heard.messages.length === 1);
    assert.ok((heard.messages[0]?.length ?? 0) <= 4096, 'cut');
  });
});

describe('Events that are missing', () => {
  for (const [what, serials, order] of [
    ['are not, one after the other', [5, 6, 7], ['syncEnd', 'syncEnd', 'syncEnd']],
    ['are not where the number begins again', [65_534, 65_535, 0], ['syncEnd', 'syncEnd', 'syncEnd']],
    ['are told before the next one', [5, 7], ['syncEnd', 'gap', 'syncEnd']],
    ['are told once for many', [5, 500, 501], ['syncEnd', 'gap', 'syncEnd', 'syncEnd']],
    ['are told where the number begins again', [65_535, 1], ['syncEnd', 'gap', 'syncEnd']],
  ] as const) {
    it(what, async (context) => {
      const events = serials.map((serial) => eventRecord('SyncEnd', serial));
      const { heard } = linked(context, records(readyRecord(), ...events));
      await until('all events', () => heard.events.length === serials.length);
      assert.deepEqual(heard.order, order);
    });
  }

  it('are none of the daemon’s own records', async (context) => {
    const { heard } = linked(
      context,
      records(readyRecord(), eventRecord('SyncEnd', 5), interfaceRecord({ name: 'lan0' })),
      records(refusedRecord(1, 1), eventRecord('SyncEnd', 6)),
    );
    await until('all events', () => heard.events.length === 2);
    assert.deepEqual(heard.order, ['syncEnd', 'syncEnd']);
  });
});

describe('A daemon', () => {
  it('is told its interfaces, behind the words of the configuration', async (context) => {
    const heard = new Heard();
    const program = 'console.error(JSON.stringify(process.argv.slice(1)))';
    const link = heard.link([process.execPath, '-e', program, 'router', '--'], ['lan0', 'wan0']);
    context.after(() => link.close());
    await until('its words', () => heard.messages.length === 1);
    const words = ['router', '--', '--stdio', '--await', '--interface', 'lan0', '--interface', 'wan0'];
    assert.deepEqual(JSON.parse(heard.messages[0] ?? ''), words);
  });

  it('gets each command as one record', async (context) => {
    const { heard, link } = linked(context, { echo: true }, records(readyRecord()));
    await until('it is ready', () => heard.ready.length === 1);
    const commands = [
      { kind: 'watch', address: '172.27.178.0', bits: 120 },
      { kind: 'release', server: SERVER.address, port: 80 },
    ] as const;
    for (const command of commands) link.send(command);
    await until('both', () => heard.messages.length === 2);
    assert.deepEqual(
      heard.messages,
      commands.map((command) => Buffer.from(codec.encode(command)).toString('hex')),
    );
  });

  it('of another version is refused, with advice, and gets to know that it is not wanted', async (context) => {
    const abi = codes.number('ABI') + 1;
    const { heard, link } = linked(
      context,
      records(
        readyRecord({ abi, version: '0.0.9' }),
        eventRecord('SyncEnd', 1),
        interfaceRecord({ name: 'lan0' }),
      ),
    );
    const message = await ended(heard);
    assert.match(
      message,
      new RegExp(` 0\\.0\\.9 speaks version ${abi} of the records, this program ${abi - 1}: .*same build`),
    );
    assert.equal(heard.ends[0]?.code, 'fabric');
    await link.close();
    assert.deepEqual([heard.ready, heard.order, heard.interfaces], [[], [], []]);
    assert.equal(heard.ends.length, 1);
  });

  for (const [what, steps, message] of [
    [
      'says its own last word',
      [{ say: 'note\nringback-fabricd: no interface lan0\n' }, { exit: 1 }],
      /^ringback-fabricd: no interface lan0$/,
    ],
    [
      'before it was ready says its first line, and its status',
      [{ say: 'sh: cannot\nso it is\n' }, { waitMs: 20 }, { exit: 3 }],
      /^fabric\.daemon .* ended with status 3: sh: cannot$/,
    ],
    [
      'with words instead of records says them',
      [{ write: Buffer.from('usage: sleep\n').toString('hex') }, { waitMs: 20 }, { exit: 1 }],
      /^fabric\.daemon .* ended with status 1: usage: sleep$/,
    ],
    ['says its status where it said nothing', [{ exit: 3 }], /ended with status 3$/],
    ['says what killed it', [{ die: 'SIGKILL' }], /ended with SIGKILL$/],
    [
      'says so although it had been ready',
      [records(readyRecord()), { waitMs: 20 }, { exit: 0 }],
      /ended with status 0$/,
    ],
  ] as const) {
    // biome-ignore format: a table
    it(`that ends ${what}`, async (context) => {
      const { heard } = linked(context, ...steps);
      assert.match(await ended(heard), message);
      await sleep(20);
      assert.equal(heard.ends.length, 1);
    });
  }

  it('whose last word has no end says it all the same', async (context) => {
    const { heard } = linked(context, { say: 'Permission denied (publickey)' }, { exit: 255 });
    assert.match(await ended(heard), /Permission denied \(publickey\)/);
  });

  it('that cannot be started is named, with what is expected', async () => {
    const heard = new Heard();
    const link = heard.link(['/nowhere/ringback-fabricd']);
    const message = await ended(heard);
    assert.match(message, /^\/nowhere\/ringback-fabricd: there is no such program; fabric\.daemon must name/);
    await link.close();
    assert.equal(heard.ends.length, 1);
  });

  it('that cannot be started can be closed at once', async () => {
    const heard = new Heard();
    await heard.link(['/nowhere/ringback-fabricd']).close();
    await sleep(20);
    assert.deepEqual(heard.ends, []);
  });

  it('that may not be started is named with the reason', async (context) => {
    const place = directory();
    context.after(place.remove);
    writeFileSync(place.path('ringback-fabricd'), '', { mode: 0o644 });
    const heard = new Heard();
    heard.link([place.path('ringback-fabricd')]);
    assert.match(await ended(heard), /ringback-fabricd: .*EACCES/);
  });

  it('that is no daemon of ours is found out by its first words', async (context) => {
    const { heard } = linked(context, {
      write: Buffer.alloc(200, 'Welcome to the router. ').toString('hex'),
    });
    assert.equal(await ended(heard), `${process.execPath} does not speak ringback's records`);
    assert.deepEqual(heard.order, []);
  });

  it('is ended, and its word not passed on, when it says what no module of this version says', async (context) => {
    const strange = eventRecord('Waiting', 1);
    strange[codes.number('Field.Code')] = 200;
    const { heard } = linked(context, { stay: true }, records(readyRecord(), strange));
    const reason = await ended(heard);
    assert.equal(reason, `${process.execPath} says Cause 200, which does not exist`);
    assert.deepEqual(heard.events, []);
  });
});

describe('A daemon that hangs', () => {
  it('is given up, and killed', async (context) => {
    // Half a minute of checks in no time; the daemon is a process all the same.
    const time = new FakeTime();
    const heard = new Heard();
    const link = heard.link(scripted({ stay: true }, records(readyRecord())), ['lan0'], time);
    context.after(() => link.close());
    await until('it is ready', () => heard.ready.length === 1);
    time.tick(25_000);
    assert.deepEqual(heard.ends, []);
    time.tick(5000);
    assert.equal(await ended(heard), `${process.execPath} has said nothing for 30 s`);
    await link.close();
    assert.equal(heard.ends.length, 1);
  });
});

describe('A link that is closed', () => {
  it('ends the daemon by ending its input, and says nothing more', async (context) => {
    const { heard, link } = linked(context, records(readyRecord()));
    await until('it is ready', () => heard.ready.length === 1);
    await link.close();
    await link.close();
    assert.deepEqual(heard.ends, []);
  });

  it('kills a daemon that does not end', async (context) => {
    const { heard, link } = linked(context, { stay: true }, records(readyRecord()), { say: 'here\n' });
    await until('it stays', () => heard.messages.length === 1);
    await link.close();
    assert.deepEqual(heard.ends, []);
  });

  it('kills what such a daemon has started itself', async () => {
    const heard = new Heard();
    const link = heard.link(['sh', '-c', 'echo here >&2; sleep 300 & wait', 'sh']);
    await until('it stays', () => heard.messages.length === 1);
    let closed = false;
    void link.close().then(() => {
      closed = true;
    });
    await until('nobody holds its pipes', () => closed);
  });

  it('takes no more commands', async (context) => {
    const { heard, link } = linked(context, { exit: 0 });
    await ended(heard);
    link.send({ kind: 'sync' });
    await link.close();
    link.send({ kind: 'sync' });
  });
});

describe('A daemon behind a Unix socket', () => {
  const place = directory();
  const path = place.path('fabric.sock');
  const connect = (heard: Heard): FabricLink =>
    connectDaemon(machineTime)({ interfaces: [], daemon: null, socket: path }, heard);

  it('that is not there is named by the path', async () => {
    const heard = new Heard();
    connect(heard);
    const reason = 'no ringback-fabricd serves this socket; start it with --socket, or correct fabric.socket';
    assert.equal(await ended(heard), `${path}: ${reason}`);
  });

  it('speaks the same records, and its end is told', async (context) => {
    const sockets: Socket[] = [];
    const got: Buffer[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('data', (bytes) => got.push(bytes));
      socket.write(readyRecord({ configured: true }));
    }).listen(path);
    context.after(() => {
      server.close();
      place.remove();
    });
    const heard = new Heard();
    const link = connect(heard);
    await until('it is ready', () => heard.ready[0]?.configured === true);
    link.send({ kind: 'sync' });
    await until('the command', () => Buffer.concat(got).length === codec.recordBytes);
    assert.deepEqual(Buffer.concat(got), Buffer.from(codec.encode({ kind: 'sync' })));
    sockets[0]?.destroy();
    assert.equal(await ended(heard), `${path}: the daemon closed the connection`);
    await link.close();
  });
});
