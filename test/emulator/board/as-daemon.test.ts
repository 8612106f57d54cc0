/** A world in the daemon's place: an unmodified `ringback run` sees who waits in it, and what comes back, in real time. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { serveAsDaemon } from '../../../host/emulator/as-daemon.ts';
import { parseScenario } from '../../../host/emulator/scenario/load.ts';
import { makeWorld } from '../../../host/emulator/world/world.ts';
import type { Fields } from '../../../host/log/log.ts';
import { machineTime } from '../../../host/time.ts';
import { directory } from '../../host/fabric/scripted.ts';
import { Running } from '../../host/router/program.ts';
import { until } from '../../host/tools.ts';

const TEXT = `
scenario: 1
title: A service that stops and starts, for a program that is none of the world's
for: 10m
script:
  - {at: 1s, do: stop s80}
  - {at: 1s, do: kill s81}
`;

it('A world behind a socket is seen by an unmodified program, whose try is turned away, and served', async (context) => {
  const place = directory();
  const path = place.path('fabric.sock');
  const said: [string, Fields][] = [];
  const end = new AbortController();
  const tries: { again: (client: string, server: string) => void } = { again: () => {} };
  const served = serveAsDaemon(parseScenario(TEXT, 'served.yaml'), {
    ...{ path, make: makeWorld, time: machineTime, signal: end.signal },
    say: (event, fields) => void said.push([event, fields]),
    onBegun: (play) => {
      tries.again = (client, server) =>
        play.carryOut({ verb: 'try', client, server, version: 4, port: 80, patienceUs: 5_000_000 });
    },
  });
  context.after(async () => {
    end.abort();
    await served;
    place.remove();
  });
  const file = place.path('ringback.yaml');
  const lines = [
    'detect: {watch: [172.27.178.0/24], ask: none}',
    'recover: {confirm: none, traps: false, settle: 1s}',
    `fabric: {socket: ${path}}`,
    'smtp: {host: 127.0.0.1, port: 9, tls: none, from: ringback@router.example}',
    'servers: [{address: 172.27.178.80, name: www.example.jp, ports: [80]}]',
    `state: false`,
    `control: ${place.path('ringback.sock')}`,
    'clients: [{address: 172.27.179.151, mail: sato@example.jp}]',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  await until('it listens', () => said.some(([event]) => event === 'service.answers'));
  const running = new Running('run', '-c', file);
  context.after(() => running.child.kill('SIGKILL'));
  await running.logged('ready');
  await until('the service has stopped', () => said.some(([event]) => event === 'service.silent'));
  tries.again('c151', 's80');
  const waiting = await running.logged('client.waiting');
  assert.deepEqual([waiting.server, waiting.port, waiting.client], ['172.27.178.80', 80, '172.27.179.151']);
  tries.again('c152', 's81');
  await until('the router’s kernel says that s81 is not there', async () =>
    said.some(([event, fields]) => event === 'try.ended' && fields.server === '172.27.178.81'),
  );
  assert.ok(said.some(([event, { end: how }]) => event === 'try.ended' && how === 'refused'));
});
