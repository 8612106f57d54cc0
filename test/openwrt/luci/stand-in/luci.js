/**
 * A stand-in of LuCI's client API, as much of it as the views of luci-app-ringback use: written from what they rely on, for
 * a machine that has no LuCI. With LUCI=DIRECTORY the tests take the real one.
 */
import { dom, E } from './elements.js';
import * as form from './form.js';
import { rpc, uci } from './router.js';
import { ui } from './ui.js';

/** `%s` and `%d`, in their order. */
Object.defineProperty(String.prototype, 'format', {
  value(...values) {
    return String(this).replace(/%[sd]/g, (sign) => {
      const value = values.shift();
      return sign === '%d' ? String(Math.trunc(Number(value)) || 0) : String(value);
    });
  },
});

/** What a module is made of: its keys become those of one object, whose functions know it as `this`. */
const baseclass = { extend: (keys) => ({ made: () => Object.create(keys) }) };

const VIEW = {
  load: () => null,
  handleSave: () => form.Map.saveAll(),
  handleSaveApply: () => form.Map.saveAll().then(() => uci.apply()),
  handleReset: () => form.Map.resetAll(),
};
const view = { extend: (keys) => ({ made: () => Object.create({ ...VIEW, ...keys }) }) };

const polls = [];
const poll = {
  add(ask, seconds) {
    polls.push({ ask, seconds });
    const again = () => setTimeout(() => Promise.resolve(ask()).finally(again), seconds * 1000);
    again();
  },
  /** All at once: a test waits for nothing. */
  now: () => Promise.all(polls.map(({ ask }) => ask())),
};

const own = { baseclass, dom, form, poll, rpc, uci, ui, view };
const loaded = new Map();

const L = {
  env: globalThis.ENVIRONMENT,
  url: (...parts) => [L.env.scriptname, ...parts].join('/'),
  bind: (method, self, ...values) => method.bind(self, ...values),
  hasViewPermission: () => !L.env.nodespec.readonly,
  isObject: (value) => typeof value === 'object' && value !== null,
  resolveDefault: (promise, value) => Promise.resolve(promise).catch(() => value),
  require: (name) => {
    if (name in own) return Promise.resolve(own[name]);
    if (!loaded.has(name)) loaded.set(name, load(name));
    return loaded.get(name);
  },
  poll,
  ui,
};

const DIRECTIVE = /^'(use strict|require ([\w.]+)(?: as (\w+))?)';$/;

/** A module's first lines name what it needs; the rest is a function's body that gives a class. */
async function load(name) {
  const answer = await fetch(`${L.env.resource}/${name.replaceAll('.', '/')}.js`);
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  const source = await answer.text();
  const needs = [];
  for (const line of source.split('\n')) {
    const directive = DIRECTIVE.exec(line);
    if (directive === null) break;
    if (directive[2]) needs.push([directive[3] ?? directive[2], directive[2]]);
  }
  const values = await Promise.all(needs.map(([, module]) => L.require(module)));
  const names = needs.map(([as]) => as);
  return new Function('L', 'E', '_', ...names, source)(L, E, globalThis._, ...values).made();
}

async function show(name) {
  const place = document.querySelector('#view');
  const shown = await L.require(`view.${name.replaceAll('/', '.')}`);
  const content = await shown.render(await shown.load());
  dom.content(place, content);
  const buttons = [
    ['handleSaveApply', 'Save & Apply'],
    ['handleSave', 'Save'],
    ['handleReset', 'Reset'],
  ].filter(([handler]) => shown[handler] !== null);
  if (buttons.length > 0)
    place.append(
      E(
        'div',
        { class: 'cbi-page-actions' },
        buttons.map(([handler, label]) =>
          E('button', { type: 'button', class: 'btn', click: ui.createHandlerFn(shown, handler) }, [label]),
        ),
      ),
    );
}

/** The overview of LuCI, of which there is nothing here but this tile. */
async function tile(name) {
  const shown = await L.require(`view.status.include.${name}`);
  const body = E('div');
  const draw = async () => dom.content(body, shown.render(await shown.load()));
  dom.content(document.querySelector('#view'), [
    E('h2', ['Status']),
    E('div', { class: 'cbi-section' }, [E('h3', [shown.title]), body]),
  ]);
  await draw();
  poll.add(draw, 5);
}

Object.assign(globalThis, { L, E });
globalThis._ = (text) => globalThis.TR[text.trim().replace(/\s+/g, ' ')] ?? text;
const shown = L.env.tile ? tile(L.env.tile) : show(L.env.view);
shown.catch((error) => ui.addNotification('Error', [String(error)], 'error'));
