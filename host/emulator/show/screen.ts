/** A terminal by hand (ECMA-48): lines of painted pieces, drawn in place, on a screen of their own that is gone at the end. */

type Paint = 'plain' | 'bold' | 'dim' | 'accent' | 'alert' | 'inverse';

/** A line in pieces, each with its paint. */
export type Painted = readonly (readonly [text: string, paint: Paint])[];

/** What a terminal has: the process's standard streams have it. */
export interface TerminalPort {
  readonly columns: number;
  readonly rows: number;
  /** NO_COLOR is not set. */
  readonly hasColour: boolean;
  write(text: string): void;
  /** Keys as they come, until it is called. */
  onKeys(hear: (keys: string) => void): () => void;
}

const CODES: Readonly<Record<Paint, string>> = {
  ...{ plain: '', bold: '1', dim: '2', accent: '36', alert: '1;31', inverse: '7' },
};
/** Those that are no colours are there for everybody. */
const WITHOUT_COLOUR: ReadonlySet<Paint> = new Set(['bold', 'dim', 'inverse']);
const ESC = '\x1b[';
const [OWN_SCREEN, CURSOR_OFF, HOME] = [`${ESC}?1049h`, `${ESC}?25l`, `${ESC}H`];
const [CURSOR_ON, OLD_SCREEN] = [`${ESC}?25h`, `${ESC}?1049l`];
const [REST_OF_LINE, REST_OF_SCREEN, PLAIN] = [`${ESC}K`, `${ESC}J`, `${ESC}0m`];

export class Screen {
  readonly #port: TerminalPort;
  #isOpen = false;

  constructor(port: TerminalPort) {
    this.#port = port;
  }

  open(): void {
    this.#isOpen = true;
    this.#port.write(OWN_SCREEN + CURSOR_OFF);
  }

  /** As many lines as there is room for. */
  draw(lines: readonly Painted[]): void {
    if (!this.#isOpen) return;
    const { rows, columns, hasColour } = this.#port;
    const shown = lines.slice(0, rows).map((line) => paintedText(line, columns, hasColour) + REST_OF_LINE);
    this.#port.write(HOME + shown.join('\r\n') + REST_OF_SCREEN);
  }

  /** As it was before. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#port.write(PLAIN + CURSOR_ON + OLD_SCREEN);
  }
}

/** A control character could do anything with a terminal. */
function clean(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}

function paintedText(line: Painted, columns: number, hasColour: boolean): string {
  let left = columns;
  let text = '';
  for (const [piece, paint] of line) {
    const some = Array.from(clean(piece)).slice(0, left);
    left -= some.length;
    const code = hasColour || WITHOUT_COLOUR.has(paint) ? CODES[paint] : '';
    text += code === '' ? some.join('') : `${ESC}${code}m${some.join('')}${PLAIN}`;
    if (left === 0) break;
  }
  return text;
}
