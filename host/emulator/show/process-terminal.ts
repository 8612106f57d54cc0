/** The terminal of this process, if it has one for reading and writing. */
import type { TerminalPort } from './screen.ts';

const USUAL = { columns: 80, rows: 24 };

export function processTerminal(): TerminalPort | null {
  const { stdin, stdout, env } = process;
  if (stdout.isTTY !== true || stdin.isTTY !== true || env.TERM === 'dumb') return null;
  return {
    get columns() {
      return stdout.columns || USUAL.columns;
    },
    get rows() {
      return stdout.rows || USUAL.rows;
    },
    // https://no-color.org: whatever it says, unless it says nothing.
    hasColour: (env.NO_COLOR ?? '') === '',
    write: (text) => void stdout.write(text),
    onKeys: (hear) => {
      const onData = (keys: string): void => hear(keys);
      stdin.setRawMode(true);
      stdin.setEncoding('utf8');
      stdin.on('data', onData);
      stdin.resume();
      return () => {
        stdin.off('data', onData);
        stdin.setRawMode(false);
        stdin.pause();
      };
    },
  };
}
