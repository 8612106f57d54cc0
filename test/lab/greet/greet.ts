/** The configuration of the stories in which one line refuses in a dead server's place, and what it says. */
import { address, type IpVersion } from '../../../board/lab/lab.ts';
import { PAGE, urlOf } from '../curl.ts';

/** Whoever has services in its entry is answered for at these only. */
export const GREET = {
  servers: ([4, 6] as const).flatMap((version) =>
    ['s80', 's81'].map((node) => ({ address: address(node, version), name: `${node}.example.jp` })),
  ),
  page: { ...PAGE, greet: [21, 25, 110] },
};

export function sentenceOf(node: string, version: IpVersion): string {
  const server = address(node, version);
  const who = `${node}.example.jp (${version === 4 ? server : `[${server}]`})`;
  return `${who} is down at present, says the router in its place. Try again later. More at ${urlOf(node, version)}/`;
}
