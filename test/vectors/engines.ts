/** The same script through both engines, and what comes out in one form. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Codec } from '../../host/fabric/codec.ts';
import { Engine } from '../../host/fabric/engine.ts';
import type { Codes } from '../../host/fabric/module.ts';
import type { Step } from './script.ts';

const BOARD = fileURLToPath(new URL('../../board/fabricd', import.meta.url));
const DIST = fileURLToPath(new URL('../../dist', import.meta.url));
const BUILD = fileURLToPath(new URL('../../build/fabricd', import.meta.url));

/**
 * `verdict N`, `status N` or `tick`; after a status the frame that was built, as `outgoing INTERFACE HEX`; and after each the
 * events it caused as `event HEX`.
 */
type Output = readonly string[];

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex') || '-';

export function inProcess(steps: readonly Step[]): { output: Output; codes: Codes; codec: Codec } {
  const output: string[] = [];
  let events: string[] = [];
  let frames: string[] = [];
  const engine = new Engine({
    onEvent: () => {},
    onRecord: (record) => events.push(`event ${hex(record)}`),
    onFrame: (frame, iface) => frames.push(`outgoing ${iface} ${hex(frame)}`),
  });
  const { codes } = engine.module;
  for (const step of steps) {
    if (step.kind === 'tick') {
      engine.tick(step.timeUs);
      output.push('tick');
    } else if (step.kind === 'command') {
      output.push(`status ${engine.record(engine.codec.encode(step.command))}`);
    } else {
      const [link, direction] = [
        codeOf(codes, 'Link', step.link),
        codeOf(codes, 'Direction', step.direction),
      ];
      output.push(
        `verdict ${engine.frame(link, step.iface, direction, step.bytes, step.timeUs, step.wireLength)}`,
      );
      engine.drain();
    }
    output.push(...frames, ...events);
    events = [];
    frames = [];
  }
  return { output, codes, codec: engine.codec };
}

/** What fabric-vectors reads, line by line. */
export function scriptOf(steps: readonly Step[], codes: Codes, codec: Codec): string[] {
  return steps.map((step) => {
    if (step.kind === 'tick') return `tick ${step.timeUs}`;
    if (step.kind === 'command') return `command ${hex(codec.encode(step.command))}`;
    const [link, direction] = [codeOf(codes, 'Link', step.link), codeOf(codes, 'Direction', step.direction)];
    return `frame ${link} ${step.iface} ${direction} ${step.timeUs} ${hex(step.bytes)} ${step.wireLength}`;
  });
}

/** Through wasm2c and the daemon's own engine; `runner` is another command than that of this machine. */
export function compiled(
  steps: readonly Step[],
  codes: Codes,
  codec: Codec,
  [program, ...options]: readonly [string, ...string[]] = [`${BUILD}/fabric-vectors`],
): Output {
  const script = scriptOf(steps, codes, codec);
  const output = execFileSync(program, options, {
    input: `${script.join('\n')}\n`,
    maxBuffer: 2 ** 30,
  });
  return output.toString().trimEnd().split('\n');
}

/** Makes the runner of the compiled engine. */
export function buildRunner(): void {
  const where = [`WASM=${DIST}/../build/fabricd.wasm`, `OUT=${DIST}/ringback-fabricd`, `BUILD=${BUILD}`];
  execFileSync('make', ['-C', BOARD, ...where, 'tests'], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** What came out, for people: names instead of numbers, and the story's words beside it. */
export function readable(steps: readonly Step[], output: Output, codes: Codes, codec: Codec): string {
  const lines: string[] = [];
  let next = 0;
  for (const line of output) {
    const [what = '', value = '', bytes = ''] = line.split(' ');
    if (what === 'outgoing') {
      lines.push(`    outgoing interface=${value} ${bytes}`);
      continue;
    }
    if (what === 'event') {
      const record = Buffer.from(value, 'hex');
      const { kind, nowUs, ...fields } = codec.decode(record);
      const told = Object.entries(fields).map(
        ([name, field]) => `${name}=${field instanceof Set ? [...field].join('+') : field}`,
      );
      lines.push(`    ${kind} ${[...told, `now=${nowUs}`].join(' ')}`);
      continue;
    }
    const step = steps[next++];
    const group = what === 'status' ? 'Status' : 'Verdict';
    const result = what === 'tick' ? '' : `: ${codes.name(group, Number(value))}`;
    const time = step !== undefined && 'timeUs' in step ? `${(step.timeUs / 1e6).toFixed(3)} ` : '';
    lines.push(`${time}${step?.says}${result}`);
  }
  return `${lines.join('\n')}\n`;
}

function codeOf(codes: Codes, group: string, name: string): number {
  return codes.number(`${group}.${name.charAt(0).toUpperCase()}${name.slice(1)}`);
}
