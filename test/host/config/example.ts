/** The example of the manual with every key of `ringback run`, its placeholders filled in. */
export const EXAMPLE = `state: /var/lib/ringback          # directory of the database
fabric:
  interfaces: [lan0, wan0]        # where the data plane listens
  daemon: [ringback-fabricd]      # command that carries it (ssh works); or  socket: /var/run/ringback-fabric.sock
  capacity: {servers: 1024, clients: 65536, attempts: 65536}
detect:
  watch: [172.27.178.0/24]        # servers; required: nothing outside is learnt
  unreachable: true
  unanswered: 30s                 # or false
  refused: true
  datagrams: [ ]                  # or ports of UDP, as [443, 53]
  known_clients_only: false
  ask: connect                    # or none
recover:
  traps:
    listen: 0.0.0.0:162           # or false
    communities: [community-secret]
    users: [{name: ops, auth: {protocol: sha256, key: auth-secret}, priv: {protocol: aes, key: priv-secret}}]
    accept: [coldStart, warmStart, linkUp]
    relays: [172.27.179.50]
  arp: true
  syn_ack: true
  confirm: connect                # or none
  settle: 5s                      # answering for this long before anybody is told
notify:
  via: direct                     # or server, station
  fresh: 12h                      # who last tried longer ago is not told
  sweep: 7d                       # and is deleted after this
  give_up: 3d                     # a mail that can't be delivered is dropped, and reported
  most: {hour: 6, day: 20}        # mails that a person gets; or false
  language: en                    # or ja
smtp: {host: 172.27.179.25, port: 25, tls: auto, user: ringback, password: smtp-secret, from: ringback@router.example}
clients:
  - {address: 172.27.179.151, mail: sato@example.jp, language: ja}
servers:
  - {address: 172.27.178.80, name: www.example.jp, names: [www.example.jp, example.jp], ports: [80, 443], mail: sav_1@example.jp}   # mail: where its relay reads
station: {mail: station@example.jp}
page:
  listen: 8480                    # or false: no page
  ports: [80]                     # answered for in a dead server's place
  greet: [21, 25, 110]            # there a line refuses for now
  form: server                    # embodiment 5; router: embodiment 4
  router_url: http://172.27.179.1:8480
  ask_again: 30d
  known: show                     # or pass: clients with a known address get no page
dashboard:
  listen: 127.0.0.1:8481          # for the operator, never the page's
  token: dashboard-secret         # by which browsers and Prometheus come in
  names: [router.lan]             # by which browsers may ask, beside addresses
  people: counted                 # or named: clients and mail addresses are shown
list_key: list-secret             # signs list mails; the relay has the same
hooks: [[/usr/libexec/ringback/changed, servers]]
log: {format: auto, level: info}   # or json, text, journald; debug, warn, error
control: /run/ringback/ringback.sock   # for status
`;

/** Everything in the example that nobody may ever read in a message. */
export const SECRETS = [
  'community-secret',
  'auth-secret',
  'priv-secret',
  'smtp-secret',
  'list-secret',
  'dashboard-secret',
];

/** As little as there can be. */
export const MINIMAL = 'detect: {watch: [172.27.178.0/24]}\nfabric: {interfaces: [lan0]}\n';
