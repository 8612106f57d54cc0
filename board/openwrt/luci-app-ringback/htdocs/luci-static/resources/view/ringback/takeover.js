'use strict';
'require view';
'require poll';
'require ringback.api as api';
'require ringback.parts as parts';

/* A pair of machines: who has which address. An active and a standby say different things. */

const POLL_SECONDS = 5;

const WORDS = {
	here: _('here'), given: _('at the standby'), stuck: _('stuck'), changing: _('changing hands'),
	alive: _('alive'), silent: _('silent'), stopped: _('stopped'), unknown: _('unknown'),
	taking: _('being taken'), taken: _('taken'), returning: _('going back'),
	fault: _('a fault'), operator: _('by order'), link: _('the cable'), heartbeat: _('no heartbeat'), stop: _('it was stopped'),
	conflict: _('somebody else has it')
};

function word(text) {
	if (text == null)
		return '-';

	return Object.prototype.hasOwnProperty.call(WORDS, text) ? WORDS[text] : String(text);
}

function active(status) {
	const standby = status.standby || {};

	return [
		parts.section(_('This active'), [ parts.facts([
			[ _('Name'), status.name ],
			[ _('Running since'), parts.when(status.since) ],
			[ _('Health'), status.healthy ? _('no fault') : (status.faults || []).join('; ') ],
			[ _('Standby'), '%s %s: %s'.format(standby.name || '', standby.address || '',
				standby.reachable ? _('answers') : _('does not answer')) ]
		]) ]),
		parts.section(_('Addresses'), [ parts.table([ _('Address'), _('Interface'), _('State'), _('Why'), _('Remark') ],
			(status.addresses || []).map(function(it) {
				return { cells: [ it.address, it.adapter, word(it.state), word(it.cause), it.reason ] };
			}), _('None')) ])
	];
}

function standby(status) {
	return [
		parts.section(_('This standby'), [ parts.facts([
			[ _('Name'), status.name ],
			[ _('Running since'), parts.when(status.since) ],
			[ _('Interfaces'), (status.adapters || []).map(function(it) {
				return '%s (%s)'.format(it.adapter, it.hardware == null ? _('not there') : (it.addresses || []).join(', ') || _('free'));
			}).join('; ') ],
			[ _('Interfaces needed'), status.sufficient ? status.needed : _('%d: too few are there').format(status.needed) ]
		]) ]),
		parts.section(_('Actives'), [ parts.table([ _('Name'), _('Address'), _('State'), _('Health'), _('Addresses') ],
			(status.actives || []).map(function(it) {
				return { cells: [
					it.name, it.address, word(it.state), it.healthy ? _('no fault') : _('has a fault'), (it.addresses || []).join(', ')
				] };
			}), _('None')) ]),
		parts.section(_('Taken over'), [ parts.table([ _('Address'), _('Interface'), _('Active'), _('State'), _('Why'), _('How long') ],
			(status.taken || []).map(function(it) {
				return { cells: [ it.address, it.adapter, it.active, word(it.state), word(it.cause), parts.span(it.seconds) ] };
			}), _('Nothing is taken over.')) ])
	];
}

return view.extend({
	load: function() {
		return api.status('takeover');
	},

	render: function(answer) {
		this.body = E('div');
		this.show(answer);
		poll.add(L.bind(function() {
			return api.status('takeover').then(L.bind(this.show, this));
		}, this), POLL_SECONDS);

		return E('div', [
			E('h2', { 'name': 'content' }, [ _('Takeover') ]),
			E('div', { 'class': 'cbi-map-descr' }, [ _('A standby takes the addresses of a dead machine.') ]),
			this.body
		]);
	},

	show: function(answer) {
		parts.redraw(this.body, answer, function() {
			if (answer.error != null)
				return [ parts.alert('notice', _('No takeover runs on this router'), [
					_('It is set up in the section takeover of /etc/config/ringback; without it there is nothing to see here.'),
					[ parts.verbatim(answer.error) ]
				]) ];

			return answer.reply.role == 'standby' ? standby(answer.reply) : active(answer.reply);
		});
	},

	handleSaveApply: null,
	handleSave: null,
	handleReset: null
});
