// The object `ringback` on ubus: questions to a role that runs here, and orders for it; what LuCI may know of the
// configuration; and what the program tells the operator's scripts.

'use strict';

import { readfile, stat } from 'fs';
import { ask, failed, no_role } from 'ringback.link';
import { MEMBERS, happened } from 'ringback.hotplug';
import { setup } from 'ringback.setup';

const MISTAKES = '/var/run/ringback-mistakes';
const MAX_MISTAKES_BYTES = 8192;

// A message of ubus holds no more than a mebibyte: of each outage so many who wait are named, so many in all, and so many
// outages; the others are counted.
const STATUS = '/status?clients=50&together=2000&outages=1000';
// Of each notice, so many servers and so many clients are named.
const NAMED = 20;
const DEFAULT_LAST = 20;
const MAX_LAST = 200;

function last_of(args) {
	const wanted = args.last ?? DEFAULT_LAST;

	return min(max(int(wanted), 1), MAX_LAST);
}

function order_of(args) {
	return args.all ? { all: true } : { ids: args.ids ?? [] };
}

function mistakes_of(name) {
	const wrong = no_role(name);

	if (wrong)
		return wrong;

	const file = `${MISTAKES}/${name}`;
	const said = readfile(file, MAX_MISTAKES_BYTES);

	if (said == null)
		return { role: name, mistakes: [], since: null };

	return { role: name, mistakes: filter(split(said, '\n'), (line) => line != ''), since: stat(file)?.mtime ?? null };
}

const asked = {
	role: 'router'
};

return {
	ringback: {
		status: {
			args: asked,
			call: function(request) {
				const name = request.args.role ?? 'router';

				return ask(name, 'GET', name == 'router' ? STATUS : '/status');
			}
		},

		// What was wrong with the configuration when it was last saved; none: it is in force.
		mistakes: {
			args: asked,
			call: function(request) {
				return mistakes_of(request.args.role ?? 'router');
			}
		},

		// What is said in the configuration, as far as it is no secret.
		setup: {
			call: function() {
				return setup();
			}
		},

		history: {
			args: { last: DEFAULT_LAST, ...asked },
			call: function(request) {
				return ask(request.args.role ?? 'router', 'GET', `/history?last=${last_of(request.args)}`);
			}
		},

		outbox: {
			args: { last: DEFAULT_LAST, ...asked },
			call: function(request) {
				return ask(request.args.role ?? 'router', 'GET', `/outbox?last=${last_of(request.args)}&named=${NAMED}`);
			}
		},

		outbox_retry: {
			args: { ids: [], all: false, ...asked },
			call: function(request) {
				return ask(request.args.role ?? 'router', 'POST', '/outbox/retry', order_of(request.args));
			}
		},

		outbox_drop: {
			args: { ids: [], all: false, ...asked },
			call: function(request) {
				return ask(request.args.role ?? 'router', 'POST', '/outbox/drop', order_of(request.args));
			}
		},

		// Without a text it says what the message is; an empty one removes it.
		message: {
			args: { text: '', forMs: 0 },
			call: function(request) {
				const text = request.args.text;

				if (text == null)
					return ask('router', 'GET', '/message');

				return ask('router', 'POST', '/message', { text: text == '' ? null : text, forMs: request.args.forMs || null });
			}
		},

		// The machine's clock has been set.
		clock: {
			args: asked,
			call: function(request) {
				return ask(request.args.role ?? 'router', 'POST', '/clock');
			}
		},

		// What has happened, for the scripts in /etc/hotplug.d/ringback: the only one that the program's user may call.
		hotplug: {
			args: MEMBERS,
			call: function(request) {
				const reason = happened(request.args);

				return reason == null ? {} : failed(reason);
			}
		}
	}
};
