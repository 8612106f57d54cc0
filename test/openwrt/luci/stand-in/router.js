/** What a browser asks the router over JSON-RPC: ubus, and uci on it. Part of the stand-in of LuCI. */

let questions = 0;

async function ask(object, method, params) {
  const answer = await fetch(globalThis.ENVIRONMENT.ubuspath, {
    method: 'POST',
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: ++questions,
      method: 'call',
      params: [globalThis.ENVIRONMENT.sessionid, object, method, params],
    }),
  });
  return answer.json();
}

/** The words that LuCI has for ubus's codes. */
const CODES = {
  2: 'Invalid argument',
  4: 'Resource not found',
  5: 'No data received',
  6: 'Permission denied',
  9: 'Unspecified error',
};

export const rpc = {
  declare:
    ({ object, method, params = [], reject }) =>
    async (...values) => {
      const named = Object.fromEntries(params.map((name, i) => [name, values[i]]));
      const { result, error } = await ask(object, method, named);
      const failed = `RPC call to ${object}/${method} failed with`;
      if (error) throw new Error(`${failed} error ${error.code}: ${error.message}\n  at a line of the stack`);
      const [code, reply] = result;
      if (code !== 0 && reject)
        throw new Error(`${failed} ubus code ${code}: ${CODES[code] ?? '?'}\n  at a line`);
      return code === 0 ? reply : code;
    },
};

const configurations = new Map();
const changes = [];
let added = 0;

const call = async (method, params) => {
  const { result } = await ask('uci', method, params);
  if (result?.[0] !== 0) throw new Error(`uci ${method}: ${result?.[0]}`);
  return result[1] ?? {};
};

export const uci = {
  async load(config) {
    if (configurations.has(config)) return config;
    const { values } = await call('get', { config });
    configurations.set(config, values);
    return config;
  },
  sections: (config, type) =>
    Object.values(configurations.get(config) ?? {}).filter((section) => section['.type'] === type),
  get(config, section, option) {
    const there = configurations.get(config)?.[section];
    return option === undefined ? there : there?.[option];
  },
  add(config, type, name) {
    const section = name ?? `new${++added}`;
    configurations.get(config)[section] = {
      '.type': type,
      '.name': section,
      '.anonymous': name === undefined,
    };
    changes.push(['add', { config, type, name }, section]);
    return section;
  },
  remove(config, section) {
    delete configurations.get(config)[section];
    changes.push(['delete', { config, section }]);
  },
  set(config, section, option, value) {
    const there = configurations.get(config)[section];
    const isGone = value === null || value === undefined || value === '';
    if (JSON.stringify(there[option]) === JSON.stringify(isGone ? undefined : value)) return;
    if (isGone) {
      delete there[option];
      changes.push(['delete', { config, section, options: [option] }]);
    } else {
      there[option] = value;
      changes.push(['set', { config, section, values: { [option]: value } }]);
    }
  },
  async save() {
    const names = new Map();
    for (const [method, params, section] of changes.splice(0)) {
      const known = names.get(params.section) ?? params.section;
      const reply = await call(method, { ...params, section: known });
      if (method === 'add') names.set(section, reply.section);
    }
    configurations.clear();
  },
  apply: () => call('apply', { rollback: false }),
};
