/** Captures for scenarios to be made of, and what scenarios say. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type From, type FromOptions, scenarioFrom } from '../../../host/emulator/capture/from.ts';
import { type Incident, readIncident } from '../../../host/emulator/capture/incident.ts';
import { parseScenario } from '../../../host/emulator/scenario/load.ts';
import type { Scenario } from '../../../host/emulator/scenario/types.ts';
import { pcap } from '../../host/replay/captures.ts';

/** Recorded in the lab, on the switch of each side of the router: what passed there, from each machine. */
export const incident = (side: 'lan' | 'wan'): string =>
  fileURLToPath(new URL(`incidents/incident-${side}.pcapng.gz`, import.meta.url));

/** Every time is so many seconds after noon. */
const NOON_US = Date.UTC(2026, 4, 1, 12) * 1000;

export type Frames = readonly (readonly [second: number, frame: Buffer])[];

export const captureOf = (frames: Frames): Buffer =>
  pcap(frames.map(([second, bytes]) => ({ timeUs: NOON_US + Math.round(second * 1e6), bytes })));

/** In a directory that is gone afterwards. */
export async function inPlace<Result>(use: (place: string) => Promise<Result>): Promise<Result> {
  const place = mkdtempSync(join(tmpdir(), 'ringback-'));
  try {
    return await use(place);
  } finally {
    rmSync(place, { recursive: true });
  }
}

/** What is made of a capture file with this content. */
export function made(content: Uint8Array, options: Partial<FromOptions> = {}): Promise<From> {
  return inPlace((place) => {
    const file = join(place, 'incident.pcap');
    writeFileSync(file, content);
    return scenarioFrom({ files: [file], anonymise: false, captureTo: null, ...options });
  });
}

export const read = ({ text }: From): Scenario => parseScenario(text, 'incident.yaml');

/** What happens to machines, in order: all but tries. */
export const done = (scenario: Scenario): readonly string[] =>
  scenario.script.map(({ text }) => text).filter((text) => !text.startsWith('try '));

/** The lines that say what was seen. */
export const seen = ({ text }: From): readonly string[] =>
  text.split('\n').filter((line) => line.startsWith('#'));

/** What is found in a capture file with this content. */
export function incidentOf(content: Uint8Array): Promise<Incident> {
  return inPlace(async (place) => {
    const file = join(place, 'incident.pcap');
    writeFileSync(file, content);
    return await readIncident([file]);
  });
}
