/** A scenario of a test's own, played from its beginning to its end, and what was heard of it. */

import { play } from '../../host/emulator/play.ts';
import { parseScenario } from '../../host/emulator/scenario/load.ts';
import type { TakenMail, TryEnd, Witness } from '../../host/emulator/truth/witness.ts';
import { Witnesses } from '../../host/emulator/witnesses.ts';
import { makeWorld } from '../../host/emulator/world/world.ts';
import type { Fields } from '../../host/log/log.ts';
import { machineTime } from '../../host/time.ts';
import { Digest } from './digest.ts';

interface Line {
  readonly seconds: number;
  readonly by: string;
  readonly event: string;
  readonly fields: Fields;
}

interface Heard {
  readonly lines: readonly Line[];
  readonly mails: readonly (TakenMail & { readonly seconds: number })[];
  /** `c151 s80 served`, in the order of their ends. */
  readonly tries: readonly string[];
  /** `s80:80 on` and `off`. */
  readonly steered: readonly string[];
  readonly programs: readonly string[];
  readonly digest: Digest;
  readonly frames: number;
  /** Who was sent mails, without the domain, sorted. */
  readonly told: readonly string[];
  /** How often it was logged. */
  times(event: string, fields?: Fields): number;
  /** When it was logged first. */
  when(event: string, fields?: Fields): number;
}

/** `body`: everything but title and version; `more` is of the router's configuration. */
export async function played(body: string, { every = 10_000 }: { every?: number } = {}): Promise<Heard> {
  const scenario = parseScenario(`scenario: 1\ntitle: A test\n${body}`, 'test.yaml');
  const lines: Line[] = [];
  const mails: (TakenMail & { seconds: number })[] = [];
  const tries: string[] = [];
  const steered: string[] = [];
  const programs: string[] = [];
  let digest: Digest | null = null;
  const { frames } = await play(
    scenario,
    ({ calendar, directory }) => {
      const seconds = (): number => calendar.nowUs / 1_000_000;
      digest = new Digest({ nowUs: () => calendar.nowUs, every });
      const server = (service: number): string => directory.service(service).name;
      const witness: Witness = {
        tried: () => {},
        tryEnded: (client: number, service: number, end: TryEnd) =>
          void tries.push(`${directory.client(client).name} ${server(service)} ${end}`),
        service: () => {},
        path: () => {},
        line: (by, _level, event, fields) => void lines.push({ seconds: seconds(), by, event, fields }),
        mail: (mail) => void mails.push({ ...mail, seconds: seconds() }),
        steered: (service, isSteered) => void steered.push(`${server(service)} ${isSteered ? 'on' : 'off'}`),
        program: (by, state) => void programs.push(`${by} ${state}`),
        step: () => {},
        frame: null,
      };
      return new Witnesses([digest, witness]);
    },
    { make: makeWorld, machine: machineTime },
  );
  const found = (event: string, fields: Fields): readonly Line[] =>
    lines.filter(
      (line) =>
        line.event === event && Object.entries(fields).every(([key, value]) => line.fields[key] === value),
    );
  return {
    ...{ lines, mails, tries, steered, programs, frames },
    digest: digest as unknown as Digest,
    told: mails.map(({ to }) => to.replace('@example.jp', '')).sort(),
    times: (event, fields = {}) => found(event, fields).length,
    when: (event, fields = {}) => found(event, fields)[0]?.seconds ?? Number.NaN,
  };
}
