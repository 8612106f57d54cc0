/** The example of the manual with every key of `ringback relay`, its placeholders filled in. */
export const EXAMPLE = `state: /var/lib/ringback-relay
relay:
  pop: {host: 172.27.179.25, port: 110, tls: auto, user: sav_1, password: pop-secret, every: 60s}
  traps: {listen: 0.0.0.0:162, communities: [community-secret]}   # a trap makes it fetch at once
  announce: {to: [172.27.178.1, 172.27.179.50], community: announce-secret}   # says that its server is back
  resolve: true                   # host names from reverse DNS
  resolver: [127.0.0.1:53]
  oldest: 3d
notify: {give_up: 3d, most: {hour: 6, day: 20}, language: en}
smtp: {host: 172.27.179.25, port: 25, tls: auto, user: relay, password: smtp-secret, from: ringback@www.example.jp}
clients:
  - {address: 172.27.179.151, mail: sato@example.jp, language: ja}
list_key: list-secret
control: /var/run/ringback-relay.sock
`;

export const SECRETS = ['pop-secret', 'community-secret', 'announce-secret', 'smtp-secret', 'list-secret'];

/** As little as there can be. */
export const MINIMAL = `relay: {pop: {host: mail.example.jp, user: sav_1, password: pop-secret}}
smtp: {host: mail.example.jp, from: ringback@www.example.jp}
list_key: list-secret
`;
