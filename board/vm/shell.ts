/** `make vm`: a machine that boots as the lab's router, left up, and a shell to play with it; without a terminal its log. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { commands } from '../lab/actions.ts';
import { Lab } from '../lab/lab.ts';
import { configuration, ROUTER } from './configuration.ts';
import { Machine, READY_MS } from './machine.ts';

const sheet = `
The router is up: a machine with a kernel of its own, between clients c150 … c159, mail, station and servers s80 s81 s82.

  console                 the router's console, of root (Ctrl-] leaves it); there: ringback status -c /etc/config/ringback, nft list ruleset
  log                     what ringback on it reports, as it happens (Ctrl-C ends it)
  try c151 s80            Sato asks for a page
  unplug s80              server 80 is gone; "plug s80" brings it back
  on c153 curl -i http://172.27.178.80/   what somebody else sees meanwhile
  mails                   what the mail server has received
  act help                all that there is; "forget" and "remember" are for a router without a kernel of its own

Leave the shell, and the machine is switched off and the network gone.
`;

const lab = Lab.given();
await Promise.all(['mail', 's80', 's81', 's82'].map((node) => lab.start(node)));
console.log('The machine boots: some seconds, or a minute where the processor is emulated.');
const machine = await Machine.start(lab, ROUTER, configuration());
await machine.log.event({ event: 'ready' }, READY_MS);
machine.leaveConsole();
if (process.stdin.isTTY) {
  console.log(sheet);
  // A Ctrl-C is for what runs in the shell.
  process.on('SIGINT', () => undefined);
  const here = fileURLToPath(new URL('console.ts', import.meta.url));
  const terminal = `exec '${process.execPath}' --import tsx '${here}' '${machine.console}'`;
  const shell = spawn(process.env.SHELL ?? '/bin/bash', {
    stdio: 'inherit',
    env: { ...process.env, PATH: `${commands(lab, { console: terminal })}:${process.env.PATH}` },
  });
  await once(shell, 'exit');
} else {
  for (const event of machine.log.events) console.log(JSON.stringify(event));
  machine.log.onEvent((event) => console.log(JSON.stringify(event)));
  console.log('The router is up; Ctrl-C switches it off. On a terminal there is a shell, and its console.');
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), machine.log.ended]);
}
await machine.stop();
process.exit();
