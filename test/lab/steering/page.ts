/**
 * The smallest page there is, for the lab's router: it says what it was asked for, as often as it is asked, and
 * steers what its socket is told. Usage: page.ts PORT SOCKET
 */

import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { messageOf } from '../../../host/errors.ts';
import { createLog } from '../../../host/log/log.ts';
import { KernelTools } from '../../../host/page/steering/kernel-tools.ts';
import { Steering } from '../../../host/page/steering/steering.ts';
import { machineTime } from '../../../host/time.ts';

const [port = '', control = ''] = process.argv.slice(2);
const log = createLog({
  write: (line) => process.stdout.write(line),
  terminal: false,
  now: () => new Date(),
});
const steering = await Steering.open({
  port: Number(port),
  tools: new KernelTools(machineTime),
  log,
  time: machineTime,
}).catch((error: unknown) => {
  process.stderr.write(messageOf(error));
  process.exit(1);
});

const page = createServer((socket) => {
  const target = steering.targetOf(socket.localAddress ?? '');
  const text = target === null ? 'page for nobody\n' : `page for ${target.server} ${target.port}\n`;
  const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
  socket.on('error', () => undefined).on('data', () => socket.write(answer));
});

/** Lines `{"targets": […], "pass": […]}` `{"letThrough": target, "others": […]}` or `{"letTry": target, "client": address}`; each is answered with `{"tookMs": …}` or `{"error": …}`. */
const orders = createServer((socket) => {
  createInterface(socket).on('line', async (line) => {
    const { targets, pass, letThrough, others, letTry, client } = JSON.parse(line);
    const startedMs = performance.now();
    const done = (): Promise<void> => {
      if (letThrough) return steering.letThrough(letThrough, others);
      return letTry ? steering.letTry(letTry, client) : steering.set(targets, pass);
    };
    const answer = await done().then(
      () => ({ tookMs: performance.now() - startedMs }),
      (error: unknown) => ({ error: messageOf(error) }),
    );
    socket.write(`${JSON.stringify(answer)}\n`);
  });
});

page.listen(Number(port), '::', () => orders.listen(control, () => log.info('ready', { pid: process.pid })));
process.once('SIGTERM', async () => {
  await steering.close();
  process.exit();
});
