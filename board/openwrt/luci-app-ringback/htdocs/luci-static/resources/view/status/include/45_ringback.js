'use strict';
'require baseclass';
'require ringback.api as api';
'require ringback.parts as parts';

/* The tile on the overview. */

return baseclass.extend({
	title: _('ringback'),

	load: function() {
		return Promise.all([ api.status(), api.mistakes() ]);
	},

	render: function(answers) {
		const link = E('a', { 'href': L.url('admin/services/ringback') }, [ _('Details') ]);

		if (answers == null || answers[0].error != null)
			return E('p', [ _('It does not answer: nobody is noticed, and nobody is told.'), ' ', link ]);

		const status = answers[0].reply;
		const outages = status.outages || [];
		/* What is left out of the lists, as an answer of the router holds no more, is down but for a few. */
		const unnamed = status.unnamed || { outages: 0, waiting: 0 };
		const waiting = outages.reduce(function(sum, outage) { return sum + parts.waiting(outage); }, unnamed.waiting);
		const notices = status.notices || {};
		const rows = [
			[ _('Servers and services that are down'), outages.length + unnamed.outages ],
			[ _('Who waits'), waiting ],
			[ _('Notices on their way'), notices.pending || 0 ]
		];

		if (notices.failed)
			rows.push([ _('Notices given up'), notices.failed ]);

		if (answers[1].length)
			rows.push([ _('Configuration'), _('refused: it goes on as it was before') ]);

		return E('div', [ parts.facts(rows), E('p', [ link ]) ]);
	}
});
