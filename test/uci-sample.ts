/** A configuration in UCI with which the router's role starts: the one of docs/uci.md, and of tests. */
export const UCI_SAMPLE = `config ringback 'ringback'
	option enabled '1'
	option state '/etc/ringback/state'

config fabric 'fabric'
	list interfaces 'lan'
	list interfaces 'wan'

config detect 'detect'
	list watch '172.27.178.0/24'

config smtp 'smtp'
	option host '172.27.179.25'
	option from 'ringback@example.jp'

config client
	option address '172.27.179.150'
	option mail 'sato@example.jp'
`;
