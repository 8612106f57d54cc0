/** People with curl at machines of the lab, who ask a dead server for a page and answer its question. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { address, type IpVersion, type Lab } from '../../board/lab/lab.ts';
import { TRIED_MS } from '../../host/page/html/script.ts';
import { until } from '../host/tools.ts';

/** Whose mail address nobody knows. */
export const VISITOR = 'c153';
/** The configuration's section. */
export const PAGE = { listen: 8480, ports: [80] };

export interface Answer {
  readonly status: number;
  readonly headers: string;
  readonly body: string;
}

export const urlOf = (server: string, version: IpVersion): string =>
  `http://${version === 4 ? address(server) : `[${address(server, 6)}]`}`;

/** What curl gets, as a browser would ask. */
export async function ask(
  lab: Lab,
  client: string,
  url: string,
  ...argv: readonly string[]
): Promise<Answer> {
  const command = ['curl', '--silent', '--show-error', '--include', '--globoff', '--max-time', '20'];
  const accept = argv.some((one) => one.startsWith('Accept:')) ? [] : ['--header', 'Accept: text/html'];
  const { code, stdout, stderr } = await lab.run(client, [
    ...command,
    ...accept,
    ...['--header', 'Expect:'],
    ...argv,
    url,
  ]);
  assert.equal(code, 0, `${url}: ${stderr}`);
  const [head = '', ...body] = stdout.split('\r\n\r\n');
  return { status: Number(/^HTTP\/\S+ (\d+)/.exec(head)?.[1]), headers: head, body: body.join('\r\n\r\n') };
}

/** The hidden fields of the page's form, and where it goes. */
export function formOf({ body }: Answer): { action: string; fields: Record<string, string> } {
  const action = /<form[^>]* action="([^"]*)"/.exec(body)?.[1];
  assert.ok(action !== undefined, body);
  const hidden = body.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g);
  return {
    action,
    fields: Object.fromEntries(Array.from(hidden, ([, name = '', value = '']) => [name, value])),
  };
}

/** Asks until the page answers: the kernel hears of an outage a moment after the log. Then it is read. */
export async function page(
  lab: Lab,
  client: string,
  url: string,
  ...argv: readonly string[]
): Promise<Answer> {
  let answer: Answer | null = null;
  await until(`a page at ${url}`, async () => {
    answer = await ask(lab, client, url, '--max-time', '2', ...argv).catch(() => null);
    return answer !== null;
  });
  const got = answer as Answer | null;
  assert.ok(got !== null, 'it was waited for');
  if (got.body.includes('data-try')) await sleep(TRIED_MS);
  return got;
}

/** What the server itself answers: the kernel hears of a recovery a moment after the log. */
export async function served(lab: Lab, url: string): Promise<Answer> {
  let answer = await ask(lab, VISITOR, url);
  await until(`a server at ${url}`, async () => {
    if (answer.status !== 200) answer = await ask(lab, VISITOR, url);
    return answer.status === 200;
  });
  return answer;
}

export const dataOf = (fields: Readonly<Record<string, string>>): string[] =>
  Object.entries(fields).flatMap(([name, value]) => ['--data-urlencode', `${name}=${value}`]);

/** The server is back, with its web server. */
export async function comeBack(lab: Lab, server: string): Promise<void> {
  await lab.start(server);
  await lab.powerOn(server);
  await lab.trap(server);
}
