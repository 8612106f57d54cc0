/** One scenario, two players: what each has seen of it, in one form. */
import { fileURLToPath } from 'node:url';
import type { Lab } from '../../../board/lab/lab.ts';
import type { LogEvent } from '../../../board/lab/log-lines.ts';
import { type Mail, parseMail } from '../../../board/lab/mail.ts';
import { playInLab } from '../../../board/lab/play.ts';
import { playPairInLab } from '../../../board/lab/play-pair.ts';
import { type Decoded, decodeFrame } from '../../../host/emulator/capture/decode.ts';
import { judge } from '../../../host/emulator/judge.ts';
import { loadScenario } from '../../../host/emulator/scenario/load.ts';
import type { Scenario } from '../../../host/emulator/scenario/types.ts';
import type { RunVerdict } from '../../../host/emulator/truth/verdict.ts';
import type { Witness } from '../../../host/emulator/truth/witness.ts';
import { makeWorld } from '../../../host/emulator/world/world.ts';
import type { Fields } from '../../../host/log/log.ts';
import { readCapture } from '../../../host/replay/capture.ts';
import { withSource } from '../../../host/replay/source.ts';
import { machineTime } from '../../../host/time.ts';

/** A frame on an interface of the router. */
interface Passed {
  readonly us: number;
  readonly side: 'lan' | 'wan';
  readonly isOut: boolean;
  readonly frame: Decoded;
}

export interface Seen {
  readonly scenario: Scenario;
  readonly tries: readonly { readonly text: string; readonly tookUs: number; readonly end: string }[];
  readonly lines: readonly { readonly us: number; readonly event: string; readonly fields: Fields }[];
  readonly mails: readonly Mail[];
  readonly frames: readonly Passed[];
}

const scenarioFile = (name: string): string =>
  fileURLToPath(new URL(`../../emulator/conformance/${name}.yaml`, import.meta.url));

export async function seenInLab(lab: Lab, name: string): Promise<Seen> {
  const { scenario, tries, lines, mails, captures, startUs } = await playInLab(lab, scenarioFile(name));
  const frames: Passed[] = [];
  for (const side of ['lan', 'wan'] as const) {
    const router = await lab.cardAddress('router', side === 'lan' ? 'lan0' : 'wan0');
    await withSource(captures[side], (source) =>
      readCapture(source, ({ bytes, timeUs }) => {
        const frame = decodeFrame('ethernet', bytes.slice());
        if (frame === null) return;
        const isOut = frame.sourceMac === router;
        // What passes on the switch between others does not come to the router.
        const isHeard = isOut || frame.destinationMac === router || isGroup(frame.destinationMac);
        if (isHeard) frames.push({ us: timeUs - startUs, side, isOut, frame });
      }),
    );
  }
  return {
    scenario,
    tries: tries.map((one) => ({ ...one, text: textOf(one) })),
    lines: toldLines(lines),
    mails,
    frames: frames.sort((a, b) => a.us - b.us),
  };
}

/** Of a duplex pair: no frames, which the lab's other tests of takeovers look at. */
export async function pairInLab(lab: Lab, name: string): Promise<Seen> {
  const { scenario, tries, lines } = await playPairInLab(lab, scenarioFile(name));
  return { scenario, tries, lines: toldLines(lines), mails: [], frames: [] };
}

/** What is not only for who looks into it. */
function toldLines(lines: readonly (LogEvent & { readonly us: number })[]): Seen['lines'] {
  return lines
    .filter(({ level }) => level !== 'debug')
    .map(({ us, event, ...fields }) => ({ us, event, fields: fields as Fields }));
}

/** And what the ledger says of it. */
export async function seenInWorld(name: string): Promise<Seen & { readonly verdict: RunVerdict }> {
  const scenario = loadScenario(scenarioFile(name));
  const tries: Seen['tries'][number][] = [];
  const lines: Seen['lines'][number][] = [];
  const mails: Mail[] = [];
  const frames: Passed[] = [];
  const { verdict } = await judge(scenario, {
    time: machineTime,
    make: makeWorld,
    watchers: ({ directory, calendar }) => {
      const witness: Witness = {
        tried() {},
        tryEnded(client, service, end, sinceUs) {
          const { name: who, address } = directory.client(client);
          const { name: server, port } = directory.service(service);
          const text = textOf({ client: who, server, version: address.includes(':') ? 6 : 4, port });
          tries.push({ text, tookUs: calendar.nowUs - sinceUs, end });
        },
        service() {},
        path() {},
        line(_by, level, event, fields) {
          if (level !== 'debug') lines.push({ us: calendar.nowUs, event, fields });
        },
        mail({ bytes, to }) {
          const message = parseMail(Buffer.from(bytes?.() ?? new Uint8Array(0)), calendar.nowUs / 1000);
          mails.push({ ...message, to: [to] });
        },
        steered() {},
        program() {},
        step() {},
        frame(iface, isOut, bytes) {
          const frame = decodeFrame('ethernet', bytes.slice());
          if (frame !== null)
            frames.push({ us: calendar.nowUs, side: iface === 1 ? 'lan' : 'wan', isOut, frame });
        },
      };
      return [{ witness }];
    },
  });
  return { scenario, tries, lines, mails, frames, verdict };
}

const isGroup = (mac: string | null): boolean =>
  mac !== null && (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;

function textOf({
  client,
  server,
  version,
  port,
}: {
  readonly client: string;
  readonly server: string;
  readonly version: number;
  readonly port: number;
}): string {
  return `${client} ${server} ${version} ${port}`;
}
