'use strict';
'require view';
'require dom';
'require poll';
'require ringback.api as api';
'require ringback.message as message';
'require ringback.parts as parts';

/* What is in hand: servers that are down, who waits, notices, interfaces. */

const POLL_SECONDS = 5;

/* Who waits for one server; a list of thousands is shown in parts. */
function clientsTable(outage, more) {
	const clients = outage.clients || [];
	const missing = parts.waiting(outage) - clients.length;
	const table = parts.table([ _('Client'), _('First try'), _('Last try'), _('Tries') ], clients.map(function(client) {
		return { cells: [ client.client, parts.when(client.first), parts.when(client.last), client.tries ] };
	}), _('Nobody'), more);

	if (missing <= 0)
		return table;

	return E('div', [ table, E('p', [
		_('The router names the first %d here; %d more wait.').format(clients.length, missing)
	]) ]);
}

/* A network, and the device that carries it. */
function nameOf(it) {
	return it.network ? '%s (%s)'.format(it.network, it.name) : String(it.name);
}

return view.extend({
	load: function() {
		/* Who may not order anything need not ask what he could change: LuCI takes a refusal for the end of a session. */
		const message = L.hasViewPermission() ? api.message() : null;

		return Promise.all([ api.status(), api.mistakes(), message, api.setup() ]);
	},

	render: function(answers) {
		this.alerts = E('div');
		this.body = E('div');
		this.message = E('div');
		this.setup = answers[3];
		this.showMessage(answers[2]);
		/* Whose waiting clients are shown, and how many of them. */
		this.opened = new Map();
		this.show(answers[0], answers[1]);
		poll.add(L.bind(this.look, this), POLL_SECONDS);

		return E('div', [
			E('h2', { 'name': 'content' }, [ _('ringback') ]),
			E('div', { 'class': 'cbi-map-descr' }, [
				_('Notices who was turned away by a dead server, and tells exactly these people when it answers again.')
			]),
			this.alerts, this.body, this.message
		]);
	},

	look: function() {
		return Promise.all([ api.status(), api.mistakes() ]).then(L.bind(function(answers) {
			this.show(answers[0], answers[1]);
		}, this));
	},

	/* answer: null for whoever may not order. */
	showMessage: function(answer) {
		this.isMessageMissing = answer != null && answer.error != null;
		dom.content(this.message, answer != null ? [ message.section(answer, this.setup) ] : []);
	},

	show: function(answer, mistakes) {
		this.answer = answer;

		if (answer.reply && this.isMessageMissing)
			api.message().then(L.bind(this.showMessage, this));

		parts.redraw(this.alerts, [ answer.error, mistakes, answer.reply && this.troubles(answer.reply) ], L.bind(function() {
			const alerts = mistakes.length ? [ parts.refused(mistakes, answer.error == null) ] : [];

			return alerts.concat(answer.error != null ? [ parts.silent(answer.error, this.setup) ] : this.troubleAlerts(answer.reply));
		}, this));
		this.draw();
	},

	draw: function() {
		const reply = this.answer.reply;
		const opened = Array.from(this.opened, function(entry) { return [ entry[0], entry[1].count ]; });

		this.message.style.display = reply ? '' : 'none';
		parts.redraw(this.body, [ reply || null, opened ], L.bind(function() {
			return reply ? this.sections(reply) : [];
		}, this));
	},

	/* What wants somebody, as texts. */
	troubles: function(status) {
		const state = status.state || {};

		return {
			counters: status.counters === null,
			down: (status.interfaces || []).filter(function(it) { return !it.up; }).map(nameOf),
			state: state.reason || null,
			gaps: status.gaps || 0,
			failed: (status.notices || {}).failed || 0
		};
	},

	troubleAlerts: function(status) {
		const wrong = this.troubles(status);
		const alerts = [];

		if (wrong.counters)
			alerts.push(parts.alert('warning', _('The data plane is away'), [
				_('ringback-fabricd does not run, so that nobody new is noticed. It is started again by itself; the system log says why it ended.')
			]));

		if (wrong.down.length)
			alerts.push(parts.alert('warning', _('An interface is not there, or is off'), [
				_('Nothing is noticed there until it is back: %s').format(wrong.down.join(', '))
			]));

		if (wrong.state != null)
			alerts.push(parts.alert('warning', _('The state is in memory only, and is lost with a restart'), [
				[ parts.verbatim(wrong.state) ]
			]));

		if (wrong.failed)
			alerts.push(parts.alert('warning', _('Notices were given up'), [
				[ _('%d since the start.').format(wrong.failed), ' ',
				  parts.link(_('See why under Notices.'), 'admin/services/ringback/notices') ]
			]));

		return alerts;
	},

	sections: function(status) {
		const names = parts.names(this.setup);
		const suspicions = status.suspicions || [];
		const brief = status.short || [];
		const sections = [ parts.section(_('Servers that are down'), [
			this.outagesTable(status.outages || [], names), this.unnamed(status.unnamed || {})
		]) ];

		if (suspicions.length)
			sections.push(parts.section(_('Being asked, because somebody failed there'), [
				this.briefTable(suspicions, names)
			]));

		if (brief.length)
			sections.push(parts.section(_('Down for a moment, and back'), [ this.briefTable(brief, names) ]));

		sections.push(this.noticesSection(status.notices || {}));
		sections.push(this.interfacesSection(status.interfaces || []));
		sections.push(this.serviceSection(status));
		return sections;
	},

	outagesTable: function(outages, names) {
		return parts.table([ _('Server'), _('Service'), _('Cause'), _('Down since'), _('Who waits') ], outages.map(L.bind(function(outage) {
			const key = '%s/%d'.format(outage.server, outage.port);
			const more = this.opened.get(key);
			const name = parts.server(outage.server, names);
			const label = (more ? _('%d: hide') : _('%d: show')).format(parts.waiting(outage));

			return {
				cells: [
					name, parts.service(outage.port), parts.cause(outage.cause), parts.when(outage.from),
					[ parts.button(label, key, L.bind(this.toggle, this, key), {
						'aria-expanded': more ? 'true' : 'false',
						'aria-label': '%s, %s, %s'.format(label, name, parts.service(outage.port))
					}) ]
				],
				below: more ? clientsTable(outage, more) : null
			};
		}, this)), _('All servers answer.'), this.rows('outages'));
	},

	/* An answer of the router holds no more than so many. */
	unnamed: function(unnamed) {
		return unnamed.outages ? E('p', [
			_('%d more outages are not listed here; %d wait at those of them that are down.').format(unnamed.outages, unnamed.waiting)
		]) : '';
	},

	briefTable: function(outages, names) {
		return parts.table([ _('Server'), _('Service'), _('Cause'), _('Who waits') ], outages.map(function(outage) {
			return {
				cells: [
					parts.server(outage.server, names), parts.service(outage.port), parts.cause(outage.cause), parts.waiting(outage)
				]
			};
		}), _('None'), this.rows('brief'));
	},

	/* How many rows of a table are shown. */
	rows: function(name) {
		this.shown = this.shown || {};
		this.shown[name] = this.shown[name] || { name: name, redraw: L.bind(function() {
			this.body.ringbackShown = null;
			this.draw();
		}, this) };
		return this.shown[name];
	},

	toggle: function(key) {
		if (!this.opened.delete(key))
			this.opened.set(key, { name: key, redraw: L.bind(this.draw, this) });

		this.draw();
	},

	noticesSection: function(notices) {
		return parts.section(_('Notices'), [
			parts.table([ _('On their way'), _('Sent since the start'), _('Given up since the start') ], [
				{ cells: [ notices.pending || 0, notices.sent || 0, notices.failed || 0 ] }
			]),
			E('p', [ E('a', { 'href': L.url('admin/services/ringback/notices') }, [ _('All notices') ]) ])
		]);
	},

	interfacesSection: function(interfaces) {
		return parts.section(_('Interfaces'), [
			parts.table([ _('Interface'), _('State'), _('MAC address'), _('Frames'), _('Dropped'), _('Events lost') ], interfaces.map(function(it) {
				return { cells: [ nameOf(it), it.up ? _('up') : _('down'), it.hardware, it.received, it.dropped, it.lost ] };
			}), _('None: the data plane is away.'))
		]);
	},

	serviceSection: function(status) {
		const state = status.state || {};
		const rows = [
			[ _('Running since'), parts.when(status.since) ],
			[ _('State'), state.place == 'memory' ? _('in memory') : state.directory ]
		];

		if (status.gaps)
			rows.push([ _('Times that events were lost, and asked for again'), status.gaps ]);

		if (status.traps)
			rows.push([ _('SNMP traps'), _('%d counted, %d not of a kind that counts, %d malformed, %d with an unknown community or user, %d too many')
				.format(status.traps.accepted, status.traps.ignored, status.traps.malformed, status.traps.unauthorised, status.traps.limited) ]);

		return parts.section(_('Service'), [ parts.facts(rows) ]);
	},

	handleSaveApply: null,
	handleSave: null,
	handleReset: null
});
