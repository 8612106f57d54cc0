/** `console.ts SOCKET`: this terminal is the machine's console until Ctrl-]. */
import { connect } from 'node:net';

const LEAVE = '\x1d';

const socket = connect(process.argv[2] ?? '');
process.stdin.setRawMode?.(true);
socket.on('connect', () => socket.write('\n'));
socket.on('error', (error) => console.error(`console: ${error.message}`));
socket.on('close', () => {
  process.stdin.setRawMode?.(false);
  process.exit();
});
socket.pipe(process.stdout);
process.stdin.setEncoding('utf8').on('data', (typed: string) => {
  if (typed.includes(LEAVE)) socket.end();
  else socket.write(typed);
});
