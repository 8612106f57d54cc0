/** Scripts of frames, ticks and commands, as fabric-vectors reads them: how they are made, changed and played. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { instantiateSync } from '@assemblyscript/loader';
import { Codec } from '../../host/fabric/codec.ts';
import { Engine } from '../../host/fabric/engine.ts';
import { Codes, type FabricModule } from '../../host/fabric/module.ts';
import { scriptOf } from '../vectors/engines.ts';
import { STORIES } from '../vectors/stories.ts';
import { bytewise } from './mutate.ts';
import type { Below } from './target.ts';

/** What of the JavaScript interface to WebAssembly is needed here. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => Parameters<typeof instantiateSync>[0];
};

const CORPUS = new URL('../assembly/corpus/', import.meta.url);
const RECORD_BYTES = 64;
const MAX_FRAME_BYTES = 2000;
/** Tables of more take seconds to fill, and a machine's whole memory. */
const MAX_TABLE = 4096;
const MAX_LINES = 400;

export const dist = fileURLToPath(new URL('../../dist/fabric.wasm', import.meta.url));
/** The one that asserts: `make debug`. */
export const asserting = fileURLToPath(new URL('../../build/debug/fabric.wasm', import.meta.url));

/** Makes instances of a module. */
export function modulesOf(file: string): () => FabricModule {
  const module = new WebAssembly.Module(readFileSync(file));
  return () => {
    const { instance } = instantiateSync(module, {});
    const numbers = Object.entries(instance.exports).flatMap(([name, value]): [string, number][] =>
      typeof value === 'object' && value !== null && 'value' in value ? [[name, Number(value.value)]] : [],
    );
    const codes = new Codes(new Map(numbers));
    return { functions: instance.exports as unknown as FabricModule['functions'], codes };
  };
}

/** The stories of the golden vectors, and the frames of the corpus one after the other. */
export function seeds({ codes }: FabricModule): Buffer[] {
  const codec = new Codec(codes);
  const stories = Object.values(STORIES).map((story) => scriptOf(story().steps, codes, codec));
  const frames = readdirSync(CORPUS)
    .filter((name) => name.endsWith('.hex'))
    .map((name) => readFileSync(new URL(name, CORPUS), 'utf8').replaceAll(/#.*|\s/g, '') || '-');
  const links = codes.entries('Link').map(([, link]) => link);
  const begin = stories[0]?.slice(0, 3) ?? [];
  const corpus = links.map((link) => [
    ...begin,
    ...frames.map((frame, i) => `frame ${link} 1 1 ${101_000_000 + i} ${frame}`),
  ]);
  return [...stories, ...corpus].map((lines) => Buffer.from(`${lines.join('\n')}\n`));
}

export function linesOf(input: Buffer): Buffer[] {
  const lines = input.toString('latin1').match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return lines.map((line) => Buffer.from(line, 'latin1'));
}

/** Changes the bytes of a frame or a command, or a number before them. */
export function changeLine(line: Buffer, below: Below): Buffer {
  const words = line.toString('latin1').trimEnd().split(' ');
  const at = words.findIndex((word, i) => i > 0 && /^(-|(..){8,})$/.test(word));
  if (at > 0 && below(3) > 0) {
    const bytes = Buffer.from(words[at] ?? '', 'hex');
    const changed = bytewise(bytes, bytes, [], below);
    words[at] = (words[0] === 'command' ? whole(changed) : changed).toString('hex') || '-';
  } else {
    const number = 1 + below(Math.max(1, words.length - 1));
    if (/^\d{1,15}$/.test(words[number] ?? ''))
      words[number] = String(changedNumber(Number(words[number]), below));
  }
  return Buffer.from(`${words.join(' ')}\n`, 'latin1');
}

function changedNumber(value: number, below: Below): number {
  const by = [1, 1000, 1_000_000, 31_000_000, 3_600_000_000, 90_000_000_000][below(6)] ?? 1;
  return Math.max(0, below(8) === 0 ? below(6) : value + (below(3) - 1) * by);
}

const whole = (record: Buffer): Buffer =>
  Buffer.concat([record, Buffer.alloc(RECORD_BYTES)]).subarray(0, RECORD_BYTES);

/** The lines of an input that mean something, in the one way in which both engines read them. */
export function understood(input: Buffer, configure: number): string[] {
  const lines: string[] = [];
  for (const line of input.toString('latin1').split('\n')) {
    const [word, ...rest] = line.split(' ');
    if (word === 'tick' && rest.length === 1 && isTime(rest[0])) lines.push(line);
    else if (word === 'command' && isCommand(rest[0] ?? '', configure)) lines.push(`command ${rest[0]}`);
    else if (word === 'frame' && isFrame(rest)) lines.push(line);
    if (lines.length === MAX_LINES) break;
  }
  return lines;
}

const isTime = (word: string | undefined): boolean => /^(0|[1-9]\d{0,14})$/.test(word ?? '');
const isU32 = (word: string | undefined): boolean => /^(0|[1-9]\d{0,8})$/.test(word ?? '');

function isCommand(hex: string, configure: number): boolean {
  if (!/^[\da-f]{128}$/.test(hex)) return false;
  const record = Buffer.from(hex, 'hex');
  const sizes = [16, 20, 24, 28, 32].map((at) => record.readUInt32LE(at));
  return record[0] !== configure || sizes.every((size) => size <= MAX_TABLE);
}

function isFrame([link, iface, direction, time, bytes = '', length, ...more]: string[]): boolean {
  if (![link, iface, direction].every(isU32) || !isTime(time) || more.length > 0) return false;
  if (length !== undefined && !isU32(length)) return false;
  return bytes === '-' || (/^([\da-f]{2})+$/.test(bytes) && bytes.length <= 2 * MAX_FRAME_BYTES);
}

/**
 * What an instance says to a script, line by line as fabric-vectors would. `behind` is what lies in the frame buffer
 * behind each frame: nobody may look at it.
 */
export function played(module: FabricModule, lines: readonly string[], behind?: number): string[] {
  const { memory, frameBuffer } = module.functions;
  const clean = (): void => {
    if (behind === undefined) return;
    new Uint8Array(memory.buffer, frameBuffer(), module.codes.number('FRAME_BYTES')).fill(behind);
  };
  const output: string[] = [];
  let after: string[] = [];
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  const engine = new Engine({
    module,
    onEvent: () => {},
    onRecord: (record) => after.push(`event ${hex(record)}`),
    onFrame: (frame, iface) => output.push(`outgoing ${iface} ${hex(frame)}`),
  });
  for (const line of lines) {
    const [word, one = '', two, three, time, frame = '', wire] = line.split(' ');
    if (word === 'tick') {
      output.push('tick');
      engine.tick(Number(one));
    } else if (word === 'command') {
      const place = output.push('status') - 1;
      output[place] = `status ${engine.record(Buffer.from(one, 'hex'))}`;
    } else {
      const bytes = Buffer.from(frame === '-' ? '' : frame, 'hex');
      const wireLength = Math.max(bytes.length, Number(wire ?? 0));
      clean();
      const [link, iface, direction] = [one, two, three].map(Number);
      output.push(
        `verdict ${engine.frame(link ?? 0, iface ?? 0, direction ?? 0, bytes, Number(time), wireLength)}`,
      );
      engine.drain();
    }
    output.push(...after);
    after = [];
  }
  return output;
}

/** What of it tells one course of things from another. */
export function courseOf(output: readonly string[]): string {
  const kinds = output.map((line) => (line.startsWith('event ') ? line.slice(0, 10) : line.slice(0, 12)));
  return [...new Set(kinds)].sort().join(' ');
}
