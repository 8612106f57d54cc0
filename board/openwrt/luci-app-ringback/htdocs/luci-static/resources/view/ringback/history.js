'use strict';
'require view';
'require dom';
'require ringback.api as api';
'require ringback.parts as parts';

/* Outages that are over, and who was told. */

const FIRST = 100;
/* More the router does not hand out at once. */
const MOST = 200;

/* An older version did not count some of this: null is not zero. */
function count(number) {
	return typeof(number) == 'number' ? number : '?';
}

function told(outage) {
	const lines = [ _('%s of %s told').format(count(outage.told), count(outage.people)) ];
	const untold = outage.untold || {};
	const handed = outage.handedOver || {};
	const also = function(number, text) {
		if (number > 0)
			lines.push(text.format(number));
	};

	also(outage.queued, _('on their way: %d'));
	also(outage.failed, _('given up: %d'));
	also(untold.noAddress, _('no mail address known: %d'));
	also(untold.stale, _('tried too long ago: %d'));
	also(untold.stopped, _('want no notices: %d'));
	also(untold.limited, _('had enough mails: %d'));
	also(handed.clients, _('on a list for a relay: %d'));

	return lines.map(function(line) { return E('div', [ line ]); });
}

return view.extend({
	load: function() {
		return Promise.all([ api.history(FIRST), api.setup() ]);
	},

	render: function(answers) {
		this.body = E('div');
		this.more = { name: 'history', redraw: L.bind(this.draw, this) };
		this.last = FIRST;
		this.setup = answers[1];
		this.take(answers[0]);

		return E('div', [
			E('h2', { 'name': 'content' }, [ _('History') ]),
			E('div', { 'class': 'cbi-map-descr' }, [ _('Outages that are over, latest first.') ]),
			this.body
		]);
	},

	take: function(answer) {
		this.answer = answer;
		this.draw();
	},

	draw: function() {
		const answer = this.answer;

		if (answer.error != null)
			return dom.content(this.body, [ parts.silent(answer.error, this.setup) ]);

		const outages = answer.reply.outages || [];
		const names = parts.names(this.setup);
		const content = [ parts.section(_('Outages'), [
			parts.table([ _('Server'), _('Service'), _('Cause'), _('Down since'), _('Back'), _('Lasted'), _('Waited'), _('Told') ], outages.map(function(outage) {
				return { cells: [
					parts.server(outage.server, names), parts.service(outage.port), parts.cause(outage.cause),
					parts.when(outage.from), parts.when(outage.to), parts.span(outage.seconds), count(outage.clients), told(outage)
				] };
			}), _('There was none yet.'), this.more)
		]) ];

		if (outages.length >= this.last && this.last < MOST)
			content.push(E('p', [ parts.button(_('Load older ones'), 'older', L.bind(function() {
				this.last = MOST;
				return api.history(MOST).then(L.bind(this.take, this));
			}, this)) ]));

		dom.content(this.body, content);
	},

	handleSaveApply: null,
	handleSave: null,
	handleReset: null
});
