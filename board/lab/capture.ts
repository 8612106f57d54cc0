/** What passes on a cable of the lab, as tcpdump reads it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from './lab.ts';

interface Packet {
  /** When the kernel saw it, Unix time in milliseconds, exact to the microsecond. */
  readonly atMs: number;
  /** tcpdump's description. */
  readonly text: string;
}

export class Capture {
  readonly packets: Packet[] = [];

  private constructor() {}

  /**
   * Watches an interface of a machine, until the lab ends, for what the filter (pcap-filter(7)) lets through.
   * It watches when this returns.
   */
  static async start(lab: Lab, node: string, card: string, filter: string): Promise<Capture> {
    const process = lab.sniff(node, card, '-tt', filter);
    const capture = new Capture();
    let rest = '';
    process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [time = '', ...words] = line.split(' ');
        capture.packets.push({ atMs: Number(time) * 1000, text: words.join(' ') });
      }
    });
    await new Promise<void>((resolve, reject) => {
      let said = '';
      process.stderr?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.includes('reading from')) resolve();
      });
      process.once('close', () => reject(new Error(`tcpdump on ${node} ended: ${said}`)));
    });
    return capture;
  }

  /** The first packet from `sinceMs` on that looks like this, now or within `timeoutMs`. */
  async packet(pattern: RegExp, sinceMs = 0, timeoutMs = 20_000): Promise<Packet> {
    for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs += 20) {
      const found = this.packets.find(({ atMs, text }) => atMs >= sinceMs && pattern.test(text));
      if (found !== undefined) return found;
      await sleep(20);
    }
    const seen = this.packets.map(({ text }) => text).join('\n');
    throw new Error(`no packet like ${pattern} within ${timeoutMs / 1000} s, only:\n${seen}`);
  }
}
