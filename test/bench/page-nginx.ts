/** nginx on the lab's router, which says word for word what the page says, to those who ask `s81`. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { address, type Lab } from '../../board/lab/lab.ts';

const PORT = 8081;

interface Answer {
  readonly status: number;
  /** Lower-case names; without Date, and without Server, which the page does not say. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a machine of the lab gets for a URL, asking as browsers do. */
export async function answerOf(
  lab: Lab,
  client: string,
  url: string,
  headers: readonly string[],
): Promise<Answer | null> {
  const fields = headers.flatMap((header) => ['--header', header]);
  const argv = ['curl', '--noproxy', '*', '--silent', '--include', '--max-time', '10', ...fields, url];
  const { code, stdout } = await lab.run(client, argv);
  if (code !== 0) return null;
  const end = stdout.indexOf('\r\n\r\n');
  const [first = '', ...lines] = stdout.slice(0, end).split('\r\n');
  const entries = lines
    .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()])
    .filter(([name]) => name !== 'date' && name !== 'server');
  return {
    status: Number(first.split(' ')[1]),
    headers: Object.fromEntries(entries),
    body: stdout.slice(end + 4),
  };
}

/** One process, as the page has one; everything that could only slow it down is off. */
function configurationOf(directory: string, { headers, body }: Answer): string {
  const { 'content-type': type, 'content-length': length, connection, ...others } = headers;
  assert.deepEqual([length, connection], [String(Buffer.byteLength(body)), 'close']);
  const fields = Object.entries(others).map(([name, value]) => `add_header ${name} "${value}" always;`);
  return `
    user root;
    worker_processes 1;
    daemon off;
    pid ${directory}/nginx.pid;
    error_log stderr crit;
    events { worker_connections 1024; }
    http {
      access_log off;
      server_tokens off;
      sendfile on;
      tcp_nopush on;
      keepalive_timeout 0;
      etag off;
      max_ranges 0;
      open_file_cache max=16;
      client_body_temp_path ${directory}/nginx;
      proxy_temp_path ${directory}/nginx;
      fastcgi_temp_path ${directory}/nginx;
      uwsgi_temp_path ${directory}/nginx;
      scgi_temp_path ${directory}/nginx;
      server {
        listen ${PORT} backlog=511;
        root ${directory};
        error_page 503 /page.html;
        location / { return 503; }
        location = /page.html {
          internal;
          types { }
          default_type "${type}";
          ${fields.join('\n          ')}
          add_header Last-Modified "";
        }
      }
    }`;
}

/** Steers who asks `s81` to it as who asks a dead server is steered, and waits until it says the same. */
export async function startNginx(
  lab: Lab,
  client: string,
  headers: readonly string[],
  same: Answer,
): Promise<string> {
  const { directory } = lab;
  writeFileSync(`${directory}/page.html`, same.body);
  writeFileSync(`${directory}/nginx.conf`, configurationOf(directory, same));
  let diagnostics = '';
  const argv = ['nginx', '-e', 'stderr', '-p', directory, '-c', `${directory}/nginx.conf`];
  lab.spawn('router', argv).stderr?.on('data', (text: Buffer) => {
    diagnostics += text;
  });
  const rule = `ip daddr ${address('s81')} tcp dport 80 redirect to :${PORT}`;
  const chain = `chain prerouting { type nat hook prerouting priority dstnat; ${rule}; }`;
  const { code, stderr } = await lab.run('router', ['nft', `table ip bench { ${chain}; }`]);
  assert.equal(code, 0, stderr);
  const url = `http://${address('s81')}/`;
  for (let tries = 0; tries < 100; tries++) {
    const answer = await answerOf(lab, client, url, headers);
    if (answer !== null) {
      assert.deepEqual(answer, same, 'nginx answers as the page does');
      return url;
    }
    await sleep(50);
  }
  throw new Error(`nginx does not answer: ${diagnostics}`);
}
