/**
 * The story that `make run` plays: people try a dead server, the router notices, the server comes back, and
 * those people get a mail. Real kernels, real packets, real SNMP, real SMTP; and it checks itself.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { address, Lab } from './lab.ts';
import type { LogEvent } from './log-lines.ts';
import type { Mail } from './mail.ts';
import { Ringback } from './ringback.ts';

const SERVER = 's80';
const NAME = 'www.example.jp';
const CONFIGURATION = {
  detect: { unanswered: '30s' },
  recover: { settle: '2s' },
  clients: [
    { address: address('c150', 6), mail: 'tanaka@example.jp' },
    { address: address('c151'), mail: 'sato@example.jp', language: 'ja' },
    { address: address('c152'), mail: 'nakamura@example.jp' },
  ],
  servers: ([4, 6] as const).map((version) => ({
    address: address(SERVER, version),
    name: NAME,
    ports: [80],
  })),
};

const colours = process.stdout.isTTY && process.env.NO_COLOR === undefined;
const paint = (code: string, text: string): string => (colours ? `\x1b[${code}m${text}\x1b[0m` : text);
const bold = (text: string): string => paint('1', text);
const dim = (text: string): string => paint('2', text);

const startedMs = performance.now();

function tell(who: string, text: string, code = '0'): void {
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`${dim(`${seconds.padStart(5)} s`)}  ${paint(code, who.padEnd(8))}  ${text}`);
}

/** A person's or a machine's line, and a moment to read it. */
async function step(who: string, text: string): Promise<void> {
  tell(who, text, who === 'server' ? '35' : '32');
  await sleep(1_000);
}

/** What the router's log says to everybody, as one line. */
function report({ level, event, server, port, client, cause, sign, mail }: LogEvent): void {
  if (level === 'debug') return;
  const details = Object.entries({ server, port, client, cause, sign, mail }).filter(
    ([, value]) => value !== undefined,
  );
  const fields = details.map(([field, value]) => `${field}=${String(value)}`).join(' ');
  tell('router', `${paint('36', event)} ${fields}`, '36');
}

/** Ctrl-C also ends what people are doing at that moment, and that is no failure of the story. */
let interrupted = false;

function expect(asTold: boolean, instead: string): void {
  if (!asTold) throw new Error(instead);
}

async function everybodyIsServed(lab: Lab): Promise<void> {
  console.log(bold('\nAn ordinary day'));
  await step('server', `serves ${NAME} at ${address(SERVER)} and ${address(SERVER, 6)}`);
  const page = await lab.tryTo('c151', SERVER);
  expect(page === 'served', `Sato's request was ${page}`);
  await step('Sato', `at ${address('c151')} opens http://${NAME}/ and gets the page`);
}

async function peopleAreTurnedAway(lab: Lab, ringback: Ringback): Promise<void> {
  console.log(bold('\nThe server goes dark'));
  await lab.powerOff(SERVER, [80]);
  await step('server', 'loses its power: nothing answers any more, not even ARP');

  tell('Sato', 'tries, and waits …', '32');
  const sato = await lab.tryTo('c151', SERVER);
  expect(sato === 'turned away', `Sato's request was ${sato}`);
  await step(
    'Sato',
    "is turned away: the router's ARP requests stayed unanswered, so it said host unreachable",
  );
  await ringback.event({ event: 'client.waiting', server: address(SERVER), client: address('c151') });

  tell('Tanaka', `at ${address('c150', 6)} tries over IPv6, and waits …`, '32');
  tell('visitor', `at ${address('c153')}, whose mail address nobody knows, tries too …`, '32');
  const others = await Promise.all([lab.tryTo('c150', SERVER, { version: 6 }), lab.tryTo('c153', SERVER)]);
  expect(
    others.every((outcome) => outcome === 'turned away'),
    `Tanaka's and the visitor's requests were ${others.join(' and ')}`,
  );
  await ringback.event({ event: 'client.waiting', server: address(SERVER, 6), client: address('c150', 6) });
  await ringback.event({ event: 'client.waiting', server: address(SERVER), client: address('c153') });
  await step('Tanaka', 'is turned away, and the visitor as well; the router knows all three');

  const nakamura = await lab.tryTo('c152', 's81');
  expect(nakamura === 'served', `Nakamura's request to another server was ${nakamura}`);
  await step('Nakamura', `at ${address('c152')} reads another server and never notices anything`);
}

async function theServerComesBack(lab: Lab, ringback: Ringback): Promise<void> {
  console.log(bold('\nThe server comes back'));
  tell('server', 'has power again; its kernel announces itself, its SNMP agent sends a coldStart trap', '35');
  await lab.powerOn(SERVER);
  await lab.announce(SERVER, 6);
  await lab.trap(SERVER);
  await ringback.event({ event: 'recovery.signal', server: address(SERVER), sign: 'trap' });
  await ringback.event({ event: 'recovery.signal', server: address(SERVER, 6) });
  await sleep(4_000);
  expect((await lab.mails()).length === 0, 'somebody got a mail although the web server was still starting');
  await step(
    'router',
    'asks port 80, which is still closed: the machine is up, the service is not, nobody is told',
  );

  await lab.start(SERVER);
  await step(
    'server',
    'has started its web server; the router waits until it has answered for 2 s (recover.settle, else 5 s)',
  );
  for (const version of [4, 6] as const) {
    await ringback.event({ event: 'recovery.confirmed', server: address(SERVER, version) }, 60_000);
    await ringback.event({ event: 'outage.closed', server: address(SERVER, version) });
  }
  await ringback.event({ event: 'notice.sent', client: address('c151') });
  await ringback.event({ event: 'notice.sent', client: address('c150', 6) });
  const page = await lab.tryTo('c151', SERVER);
  expect(page === 'served', `Sato's request after the mail was ${page}`);
  await step('Sato', 'reads the mail, opens the page again, and gets it');
}

const SHOWN_HEADERS = ['from', 'to', 'subject', 'auto-submitted', 'x-ringback-server', 'x-ringback-client'];

function show(mail: Mail): void {
  const lines = SHOWN_HEADERS.map((name) => `${dim(`${name}:`)} ${mail.headers.get(name) ?? '(none)'}`);
  console.log([...lines, '', ...mail.text.split('\n'), ''].map((line) => `    ${line}`).join('\n'));
}

async function theMailsAreCounted(lab: Lab): Promise<void> {
  console.log(bold('\nWhat the mail server received'));
  const mails = await lab.mails();
  for (const mail of mails) show(mail);
  const addressees = mails
    .flatMap(({ to }) => to)
    .toSorted()
    .join(', ');
  expect(addressees === 'sato@example.jp, tanaka@example.jp', `mails went to: ${addressees || 'nobody'}`);
  console.log('  Nakamura got none: no attempt, no mail.');
  console.log('  The visitor got none: the router knows no mail address for it.');
  console.log(bold(`\n${mails.length} mails, each to somebody who had tried.`));
  console.log(
    dim(
      '\n`make lab` leaves this network up, with a shell; README.md says how to install ringback on a router.',
    ),
  );
}

async function play(lab: Lab): Promise<Ringback> {
  console.log(`A small internet on this machine: clients, a router, servers and a mail host, each with a kernel's
network of its own (Linux network namespaces). ringback runs on the router.`);
  await Promise.all([lab.start(SERVER), lab.start('s81'), lab.start('mail')]);
  const ringback = await Ringback.start(lab, CONFIGURATION);
  const silence = ringback.onEvent(report);
  process.once('SIGINT', () => {
    interrupted = true;
    console.log('\nStopped.');
    void ringback.stop().then(() => process.exit(130));
  });
  await everybodyIsServed(lab);
  await peopleAreTurnedAway(lab, ringback);
  await theServerComesBack(lab, ringback);
  silence();
  await theMailsAreCounted(lab);
  return ringback;
}

try {
  const ringback = await play(Lab.given());
  const status = await ringback.stop();
  expect(status === 0, `ringback stopped with status ${status}`);
} catch (error) {
  if (!interrupted) {
    const message = error instanceof Error ? error.message : String(error);
    console.error(`\n${paint('31', 'The story did not come out as told')}: ${message}`);
    process.exit(1);
  }
}
