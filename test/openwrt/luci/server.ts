/**
 * A stand-in of uhttpd and LuCI's dispatcher: the files of luci-app-ringback as they are, and around them the stand-in of
 * LuCI's client API, or, with LUCI=DIRECTORY of a tree of LuCI's sources, LuCI itself.
 */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lmoKey } from '../../../board/openwrt/lmo.ts';
import { readPo } from '../../../board/openwrt/po.ts';
import { freePort } from '../../ports.ts';
import type { Rpcd } from './rpcd.ts';

export const APPLICATION = fileURLToPath(
  new URL('../../../board/openwrt/luci-app-ringback/', import.meta.url),
);
const STAND_IN = fileURLToPath(new URL('stand-in/', import.meta.url));
/** A tree of LuCI's sources, if there is one. */
export const LUCI = process.env.LUCI ?? null;

const SCRIPT = '/cgi-bin/luci';
const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

export type Tongue = 'en' | 'ja' | 'de';

export class LuciServer {
  readonly #server: Server;
  readonly #ubus: Rpcd;
  readonly url: string;
  tongue: Tongue = 'en';
  /** What the dispatcher says of whoever has logged in. */
  mayWrite = true;

  private constructor(server: Server, ubus: Rpcd, url: string) {
    this.#server = server;
    this.#ubus = ubus;
    this.url = url;
  }

  static async open(ubus: Rpcd): Promise<LuciServer> {
    const port = await freePort();
    const http = createServer((request, response) => {
      serve(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
    const server = new LuciServer(http, ubus, `http://127.0.0.1:${port}`);
    const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const { pathname } = new URL(request.url ?? '/', server.url);
      if (pathname.startsWith('/ubus')) return json(response, await ubus.answer(await body(request)));
      if (pathname.startsWith(`${SCRIPT}/admin/uci/`)) {
        await server.applyChanges();
        return json(response, {});
      }
      if (pathname === `${SCRIPT}/admin/menu`) return json(response, menu());
      if (pathname.startsWith(SCRIPT)) return page(response, pathname.slice(SCRIPT.length + 1), server);
      return file(response, pathname);
    };
    http.listen(port, '127.0.0.1');
    await once(http, 'listening');
    return server;
  }

  /** What `reload_config` does after the last question of LuCI's Save & Apply. */
  async applyChanges(): Promise<void> {
    await this.#ubus.answer({ id: 1, method: 'call', params: ['', 'uci', 'apply', {}] });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

async function body(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString());
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

/** Where `/luci-static/…` is: ours first, as if it were installed over LuCI. */
function file(response: ServerResponse, path: string): void {
  const places = [
    join(APPLICATION, 'htdocs'),
    ...(LUCI === null
      ? []
      : ['modules/luci-base', 'modules/luci-mod-status', 'themes/luci-theme-bootstrap'].map((part) =>
          join(LUCI, part, 'htdocs'),
        )),
  ];
  const inStandIn = path.startsWith('/stand-in/')
    ? [join(STAND_IN, normalize(path.slice('/stand-in/'.length)))]
    : [];
  const found = [...places.map((place) => join(place, normalize(path))), ...inStandIn].find((name) =>
    existsSync(name),
  );
  if (found === undefined || path.endsWith('/')) response.writeHead(404).end();
  else
    response
      .writeHead(200, { 'content-type': TYPES[extname(found)] ?? 'application/octet-stream' })
      .end(readFileSync(found));
}

/** The application's part of the menu, as a tree. */
function menu(): object {
  const entries: Record<string, Record<string, unknown>> = JSON.parse(
    readFileSync(join(APPLICATION, 'root/usr/share/luci/menu.d/luci-app-ringback.json'), 'utf8'),
  );
  const root: Node = { children: {} };
  for (const [path, entry] of Object.entries({
    admin: { title: 'Administration', order: 1, action: { type: 'firstchild' } },
    'admin/status': { title: 'Status', order: 10, action: { type: 'firstchild' } },
    'admin/services': { title: 'Services', order: 40, action: { type: 'firstchild' } },
    ...entries,
  })) {
    const at = path.split('/').reduce((node: Node, part) => {
      node.children[part] ??= { children: {}, satisfied: true };
      return node.children[part];
    }, root);
    Object.assign(at, entry, { satisfied: true });
  }
  return root;
}

interface Node {
  children: Record<string, Node>;
  satisfied?: boolean;
}

/** What the dispatcher makes of a path: the view that the menu has for it, or the overview's tile. */
function page(response: ServerResponse, path: string, { tongue, mayWrite }: LuciServer): void {
  if (path.startsWith('admin/translations')) {
    const script = translations(tongue);
    response.writeHead(200, { 'content-type': TYPES['.js'] }).end(script);
    return;
  }
  const entries: Record<string, { action?: { path?: string } }> = JSON.parse(
    readFileSync(join(APPLICATION, 'root/usr/share/luci/menu.d/luci-app-ringback.json'), 'utf8'),
  );
  const isTile = path === 'admin/status/overview';
  const view = isTile ? null : entries[path]?.action?.path;
  if (view === undefined) {
    response.writeHead(404).end();
    return;
  }
  const parts = path.split('/');
  const environment = {
    ...{
      media: '/luci-static/bootstrap',
      resource: '/luci-static/resources',
      scriptname: SCRIPT,
      pathinfo: `/${path}`,
    },
    ...{ documentroot: '/www', requestpath: parts, dispatchpath: parts, pollinterval: 5, ubuspath: '/ubus/' },
    ...{ sessionid: '0'.repeat(32), token: '1', nodespec: { satisfied: true, readonly: !mayWrite } },
    ...{ apply_rollback: 90, apply_holdoff: 1, apply_timeout: 5, apply_display: 0.1 },
    ...{ view, tile: isTile ? '45_ringback' : null },
  };
  const html = LUCI === null ? standIn(environment, tongue) : real(environment, tongue);
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html);
}

const inScript = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

function standIn(environment: object, tongue: Tongue): string {
  return `<!DOCTYPE html><html lang="${tongue}"><head><meta charset="utf-8"><title>ringback</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/stand-in/theme.css"><script src="${SCRIPT}/admin/translations/${tongue}"></script>
<script>globalThis.ENVIRONMENT = ${inScript(environment)};</script></head>
<body><main id="maincontent"><div id="view">Loading</div></main><script type="module" src="/stand-in/luci.js"></script></body></html>`;
}

function real(environment: { view: string | null } & object, tongue: Tongue): string {
  const view = environment.view;
  const start = view === null ? `ui.instantiateView('status/index')` : `ui.instantiateView('${view}')`;
  return `<!DOCTYPE html><html lang="${tongue}"><head><meta charset="utf-8"><title>ringback</title>
<script>var m = matchMedia('(prefers-color-scheme: dark)'), r = document.documentElement, s = () => r.setAttribute('data-darkmode', m.matches);
m.addEventListener('change', s); s();</script>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/luci-static/bootstrap/cascade.css">
<link rel="stylesheet" media="only screen and (max-device-width: 854px)" href="/luci-static/bootstrap/mobile.css">
<link rel="icon" href="data:,">
<script src="${SCRIPT}/admin/translations/${tongue}"></script><script src="/luci-static/resources/cbi.js"></script></head>
<body class="lang_${tongue}"><header><a class="brand" href="/">OpenWrt</a><ul class="nav" id="topmenu" style="display:none"></ul>
<div id="indicators" class="pull-right"></div></header><div id="maincontent" class="container"><div id="tabmenu" style="display:none"></div>
<script src="/luci-static/resources/luci.js"></script><script>L = new LuCI(${inScript(environment)});</script>
<div id="view"><div class="spinning">Loading</div><script>L.require('ui').then((ui) => ${start});</script></div></div>
<footer><ul class="breadcrumb pull-right" id="modemenu" style="display:none"></ul></footer><script>L.require('menu-bootstrap')</script></body></html>`;
}

/** For LuCI by the hash of what is translated, for the stand-in by its text. */
function translations(tongue: Tongue): string {
  if (tongue === 'en') return 'window.TR={};';
  const entries = readPo(readFileSync(join(APPLICATION, `po/${tongue}/ringback.po`), 'utf8'));
  const keyed = entries.map(({ id, text }) => [
    LUCI === null ? id : lmoKey(id).toString(16).padStart(8, '0'),
    text,
  ]);
  return `window.TR=${JSON.stringify(Object.fromEntries(keyed))};`;
}
