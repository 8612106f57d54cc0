/** `make lab`: the lab left up, with ringback on the router, and a shell to play with it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { commands } from './actions.ts';
import { address, Lab } from './lab.ts';
import { PEOPLE, Ringback, ringbackCommand } from './ringback.ts';

/** `ringback` and `status` ask the one on the router. */
function scripts(ringback: Ringback): Record<string, string> {
  const [node, program, , ...own] = ringbackCommand('status', ringback.configuration).map(
    (word) => `'${word}'`,
  );
  return {
    ringback: `case \${1-} in
check | status | history | outbox | message) command=$1 && shift && exec ${node} ${program} "$command" ${own.join(' ')} "$@" ;;
*) exec ${node} ${program} "$@" ;;
esac`,
    status: 'exec ringback status "$@"',
  };
}

function sheet(ringback: Ringback): string {
  const people = Object.entries(PEOPLE).map(([node, mail]) => `  ${node}  ${address(node)}  ${mail}`);
  return `
The lab is up: clients c150 … c159, servers s80 s81 s82, mail, station, router, switch.
ringback runs on the router with ${ringback.configuration}.
${people.join('\n')}

  log                     what the router reports, as it happens (Ctrl-C ends it)
  status                  who waits for what; "ringback history", "ringback outbox" and others ask the router, too
  try c151 s80            Sato asks for a page; "try c150 s80 6" is Tanaka over IPv6
  unplug s80; forget s80  server 80 is gone; "plug s80" brings it back
  stop s80, start s80     only its web server is
  freeze s80, thaw s80    it drops everything in silence
  notify s80 2c           its SNMP agent sends a coldStart trap (1, 2c, 3 or inform)
  announce s80 4          it announces its address (4: ARP, 6: neighbour discovery)
  mails                   what the mail server has received
  sniff router wan0 arp   what passes on a cable, as tcpdump tells it
  on c151 curl …          any command on any machine
  act help                all that there is

Leave the shell, and the lab is gone.
`;
}

const lab = Lab.given();
await Promise.all(['mail', 's80', 's81', 's82'].map((node) => lab.start(node)));
const ringback = await Ringback.start(lab);
console.log(sheet(ringback));
// A Ctrl-C is for what runs in the shell.
process.on('SIGINT', () => undefined);
const shell = spawn(process.env.SHELL ?? '/bin/bash', {
  stdio: 'inherit',
  env: { ...process.env, PATH: `${commands(lab, scripts(ringback))}:${process.env.PATH}` },
});
await once(shell, 'exit');
process.exit((await ringback.stop()) ?? 1);
