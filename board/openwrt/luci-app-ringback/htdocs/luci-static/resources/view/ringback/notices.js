'use strict';
'require view';
'require poll';
'require ui';
'require ringback.api as api';
'require ringback.parts as parts';

/* Mails: those that wait, those that were given up and may be tried again, those that were sent. */

const POLL_SECONDS = 10;
const FIRST = 100;
/* More the router does not hand out at once. */
const MOST = 200;

const STATES = { 'queued': _('on its way'), 'sent': _('sent'), 'given up': _('given up') };

function state(notice) {
	if (notice.beingSent)
		return _('is being sent');

	return Object.prototype.hasOwnProperty.call(STATES, notice.state) ? STATES[notice.state] : String(notice.state);
}

/* Why it is not there yet, and when it is tried again. */
function progress(notice) {
	const lines = [ E('div', [ state(notice) ]) ];

	if (notice.tries)
		lines.push(E('div', [ _('tries that failed: %d').format(notice.tries) ]));

	if (notice.reason != null)
		lines.push(E('div', [ String(notice.reason) ]));

	if (notice.nextInSeconds != null)
		lines.push(E('div', [ notice.nextInSeconds > 0
			? _('next try in %s').format(parts.span(notice.nextInSeconds))
			: _('is due') ]));

	return lines;
}

return view.extend({
	load: function() {
		return Promise.all([ api.outbox(FIRST), api.setup() ]);
	},

	render: function(answers) {
		this.body = E('div');
		this.last = FIRST;
		this.setup = answers[1];
		this.more = { name: 'notices', redraw: L.bind(function() {
			this.body.ringbackShown = null;
			this.draw();
		}, this) };
		this.take(answers[0]);
		poll.add(L.bind(this.look, this), POLL_SECONDS);

		return E('div', [
			E('h2', { 'name': 'content' }, [ _('Notices') ]),
			E('div', { 'class': 'cbi-map-descr' }, [
				_('Mails to people who waited: those that are not delivered first, then the latest ones.')
			]),
			this.body
		]);
	},

	look: function() {
		return api.outbox(this.last).then(L.bind(this.take, this));
	},

	take: function(answer) {
		this.answer = answer;
		this.draw();
	},

	draw: function() {
		const answer = this.answer;

		parts.redraw(this.body, [ answer, this.more.count, this.last ], L.bind(function() {
			return answer.error != null ? [ parts.silent(answer.error, this.setup) ] : this.sections(answer.reply);
		}, this));
	},

	sections: function(outbox) {
		const names = parts.names(this.setup);
		const notices = outbox.notices || [];
		const content = [ E('p', [ _('Not delivered yet: %d').format(outbox.queued || 0) ]) ];

		if (L.hasViewPermission() && (outbox.queued > 0 || notices.some(function(notice) { return notice.state == 'given up'; })))
			content.push(E('p', [
				parts.button(_('Try all now'), 'retry-all', ui.createHandlerFn(this, 'order', 'retry', null)), ' ',
				parts.button(_('Give up all that wait'), 'drop-all', L.bind(this.sureToDrop, this))
			]));

		content.push(parts.table([ _('Recipient'), _('Servers'), _('Written'), _('State'), _('Actions') ], notices.map(L.bind(function(notice) {
			return { cells: [
				notice.list ? _('List %d of %d, for %s').format(notice.list.part, notice.list.parts, notice.mail) : notice.mail,
				(notice.servers || []).map(function(server) { return parts.server(server, names); }).concat(notice.unnamedServers ? [ _('%d more').format(notice.unnamedServers) ] : []).join(', '),
				parts.when(notice.entered), progress(notice), this.actions(notice)
			] };
		}, this)), _('There was none yet.'), this.more));

		if (notices.length >= this.last && this.last < MOST)
			content.push(E('p', [ parts.button(_('Load older ones'), 'older', L.bind(function() {
				this.last = MOST;
				return this.look();
			}, this)) ]));

		return [ parts.section(_('Outbox'), content) ];
	},

	actions: function(notice) {
		const buttons = [];
		const add = function(label, name, click) {
			buttons.push(parts.button(label, name + notice.id, click, { 'aria-label': '%s: %s'.format(label, notice.mail) }), ' ');
		};

		if (notice.beingSent || notice.state == 'sent' || !L.hasViewPermission())
			return [ '-' ];

		add(_('Try now'), 'retry-', ui.createHandlerFn(this, 'order', 'retry', [ notice.id ]));

		if (notice.state == 'queued')
			add(_('Give up'), 'drop-', ui.createHandlerFn(this, 'order', 'drop', [ notice.id ]));

		return buttons;
	},

	/* what: retry or drop; ids: null for all. */
	order: function(what, ids) {
		return api[what](ids).then(L.bind(function(done) {
			if (done.error != null)
				ui.addNotification(null, [ E('p', [ _('Nothing was done.') ]), parts.verbatim(done.error) ], 'error');
			else if (done.reply.beingSent > 0)
				ui.addNotification(null, [ E('p', [
					_('Done for %d; %d are being sent at this moment.').format(done.reply.notices, done.reply.beingSent)
				]) ], 'info');

			return this.look();
		}, this));
	},

	sureToDrop: function() {
		ui.showModal(_('Give up all that wait?'), [
			E('p', [ _('These people are not told any more. Each notice can be tried again from here later.') ]),
			E('div', { 'class': 'right' }, [
				parts.button(_('Cancel'), 'cancel', ui.hideModal), ' ',
				parts.button(_('Give up'), 'sure', ui.createHandlerFn(this, function() {
					return this.order('drop', null).then(ui.hideModal, ui.hideModal);
				}), { 'class': 'btn cbi-button-negative' })
			])
		]);
	},

	handleSaveApply: null,
	handleSave: null,
	handleReset: null
});
