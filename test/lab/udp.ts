/** Services of UDP in Node, and clients that send them datagrams. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { address, type IpVersion, type Lab } from '../../board/lab/lab.ts';

const SERVICE = `
const [port, only] = process.argv.slice(1);
const socket = require('node:dgram').createSocket({ type: 'udp6' });
socket.on('message', (bytes, { port, address }) => {
  if (only === undefined || bytes.toString() === only) socket.send('here', port, address);
});
socket.bind(Number(port), '::', () => console.log('ready'));
`;
const CLIENT = `
const [address, port, times] = process.argv.slice(1);
const socket = require('node:dgram').createSocket(address.includes(':') ? 'udp6' : 'udp4');
const end = (word) => { console.log(word); process.exit(); };
socket.on('error', ({ code }) => end(code));
socket.on('message', () => end('answered'));
let left = Number(times);
const say = () => left-- > 0 ? socket.send('hello', () => setTimeout(say, 1100)) : end('silent');
socket.connect(Number(port), address, say);
`;

/** A service that answers everybody, or who says that word alone. */
export async function serve(lab: Lab, node: string, port: number, only?: string): Promise<ChildProcess> {
  const words = only === undefined ? [] : [only];
  const service = lab.spawn(node, [process.execPath, '-e', SERVICE, String(port), ...words]);
  assert.ok(service.stdout !== null);
  await once(service.stdout, 'data');
  return service;
}

export async function kill(service: ChildProcess): Promise<void> {
  const ended = once(service, 'exit');
  service.kill('SIGKILL');
  await ended;
}

/** Says hello up to so many times, a little more than a second apart; what comes of it. */
export async function ask(
  lab: Lab,
  client: string,
  server: string,
  port: number,
  { version = 4, times = 3 }: { readonly version?: IpVersion; readonly times?: number } = {},
): Promise<string> {
  const argv = [process.execPath, '-e', CLIENT, address(server, version), String(port), String(times)];
  const { stdout, stderr } = await lab.run(client, argv);
  assert.notEqual(stdout, '', stderr);
  return stdout.trim();
}
