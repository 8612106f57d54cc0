/** The words of the dashboard, in its languages. */

import type { Language } from '../config/types.ts';
import { spanText } from '../net/duration.ts';

type Count = (count: number) => string;

export interface Words {
  readonly title: string;
  readonly skip: string;
  readonly other: { readonly language: Language; readonly name: string };
  readonly signOut: string;
  readonly token: string;
  readonly signIn: string;
  readonly where: string;
  readonly wrong: string;
  readonly limited: (seconds: number) => string;
  readonly live: string;
  readonly stale: string;
  readonly refreshing: Count;
  readonly allUp: string;
  readonly down: Count;
  readonly waiting: Count;
  readonly headings: Readonly<
    Record<'down' | 'suspicions' | 'short' | 'notices' | 'day' | 'month' | 'untold' | 'router', string>
  >;
  readonly causes: Readonly<Record<string, string>>;
  /** A port behind the server's name. */
  readonly port: (port: string) => string;
  /** Since a time, for so long. */
  readonly since: (time: string, lasted: string) => string;
  readonly unknownTime: string;
  readonly who: Count;
  readonly tries: (tries: number, last: string) => string;
  readonly more: Count;
  readonly noNotices: string;
  readonly mails: (pending: number, sent: number, failed: number) => string;
  readonly notice: (id: string) => string;
  readonly next: (span: string) => string;
  readonly now: string;
  readonly underWay: string;
  readonly failedTries: Count;
  readonly quietDay: string;
  readonly ago: (from: string, to: string) => string;
  readonly until: (from: string) => string;
  readonly hoursAgo: Count;
  readonly quietMonth: string;
  readonly monthSaid: (outages: number, days: number) => string;
  readonly asTable: string;
  readonly columns: readonly [string, string, string, string];
  readonly everybodyTold: string;
  readonly untold: Readonly<
    Record<'noAddress' | 'stale' | 'stopped' | 'queued' | 'failed' | 'handedOver', Count>
  >;
  readonly givenUp: (id: string, reason: string) => string;
  readonly noReason: string;
  readonly facts: Readonly<Record<'since' | 'plane' | 'interface' | 'state' | 'gaps' | 'zone', string>>;
  readonly planeUp: string;
  readonly planeAway: string;
  readonly interface: (up: boolean, received: string, dropped: string) => string;
  readonly onDisk: string;
  readonly inMemory: (reason: string | null) => string;
  readonly counters: string;
  readonly frames: string;
  readonly tables: string;
  readonly units: readonly string[];
  readonly between: string;
}

const s = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

const ENGLISH: Words = {
  title: 'ringback',
  skip: 'To what is down',
  other: { language: 'ja', name: '日本語' },
  signOut: 'Sign out',
  token: 'Token',
  signIn: 'Look',
  where: 'It is dashboard.token in the configuration of this router.',
  wrong: 'That is not the token.',
  limited: (seconds) => `Too many wrong tokens came from your address. Try again in ${s(seconds, 'second')}.`,
  live: 'This page changes by itself.',
  stale: 'The router does not answer: what is below may be old.',
  refreshing: (seconds) => `This page is loaded again every ${seconds} seconds.`,
  allUp: 'No server is down.',
  down: (count) => `${s(count, 'outage')} at present.`,
  waiting: (count) => `${s(count, 'client')} ${count === 1 ? 'waits' : 'wait'}.`,
  headings: {
    down: 'Down',
    suspicions: 'Being asked whether they are down',
    short: 'Back after a short outage, and settling',
    notices: 'Notices',
    day: 'The last 24 hours',
    month: 'The last 31 days',
    untold: 'Who was not told, and why',
    router: 'This router',
  },
  causes: { unreachable: 'unreachable', unanswered: 'does not answer', refused: 'refuses' },
  port: (port) => `port ${port}`,
  since: (time, lasted) => `since ${time}, for ${lasted}`,
  unknownTime: 'an unknown time',
  who: (count) => s(count, 'client waits', 'clients wait'),
  tries: (tries, last) => `${s(tries, 'try', 'tries')}, the last at ${last}`,
  more: (count) => `and ${count} more`,
  noNotices: 'None is on its way.',
  mails: (pending, sent, failed) => `${pending} on their way, ${sent} sent, ${failed} given up.`,
  notice: (id) => `Notice ${id}`,
  next: (span) => `next try in ${span}`,
  now: 'due now',
  underWay: 'being sent',
  failedTries: (count) => `${s(count, 'try', 'tries')} failed`,
  quietDay: 'Nothing was down.',
  ago: (from, to) => `from ${from} ago to ${to} ago`,
  until: (from) => `from ${from} ago until now`,
  hoursAgo: (count) => (count === 0 ? 'now' : `${count} h ago`),
  quietMonth: 'No outage has ended in these days.',
  monthSaid: (outages, days) => `${s(outages, 'outage')} ended, on ${s(days, 'day')}.`,
  asTable: 'As a table',
  columns: ['Day', 'Outages', 'Down', 'People'],
  everybodyTold: 'Everybody who waited for one of the last outages was told.',
  untold: {
    noAddress: (count) => `${s(count, 'client')} of whom nobody knows a mail address`,
    stale: (count) => `${count} tried too long ago to matter`,
    stopped: (count) => `${count} ${count === 1 ? 'wants' : 'want'} no notices`,
    queued: (count) => `${s(count, 'mail')} still on the way`,
    failed: (count) => `${s(count, 'mail')} given up`,
    handedOver: (count) => `${s(count, 'client')} on a list for a relay`,
  },
  givenUp: (id, reason) => `Notice ${id} was given up: ${reason}`,
  noReason: 'nobody knows why',
  facts: {
    since: 'Runs since',
    plane: 'Data plane',
    interface: 'Interface',
    state: 'State',
    gaps: 'Events lost',
    zone: 'Times are of',
  },
  planeUp: 'works',
  planeAway: 'is away: nothing is noticed until it is back',
  interface: (up, received, dropped) => `${up ? 'up' : 'down'}, ${received} frames, ${dropped} dropped`,
  onDisk: 'on disk',
  inMemory: (reason) => (reason === null ? 'in memory, as configured' : `in memory only: ${reason}`),
  counters: 'Counters of the data plane',
  frames: 'Frames by what became of them',
  tables: 'Tables',
  units: [' d', ' h', ' min', ' s'],
  between: ' ',
};

const JAPANESE: Words = {
  title: 'ringback',
  skip: '障害中のサーバへ',
  other: { language: 'en', name: 'English' },
  signOut: 'ログアウト',
  token: 'トークン',
  signIn: '表示する',
  where: 'このルータの設定の dashboard.token です。',
  wrong: 'トークンが違います。',
  limited: (seconds) =>
    `お使いのアドレスから誤ったトークンが多数送られました。${seconds}秒後にやり直してください。`,
  live: 'このページは自動的に更新されます。',
  stale: 'ルータから応答がありません。以下の内容は古い可能性があります。',
  refreshing: (seconds) => `このページは${seconds}秒ごとに読み込み直されます。`,
  allUp: '障害中のサーバはありません。',
  down: (count) => `現在${count}件の障害があります。`,
  waiting: (count) => `${count}台のクライアントが待っています。`,
  headings: {
    down: '障害中',
    suspicions: '障害かどうか確認中',
    short: '短時間の障害から復旧し、確認中',
    notices: '通知',
    day: '過去24時間',
    month: '過去31日間',
    untold: '通知されなかった方とその理由',
    router: 'このルータ',
  },
  causes: { unreachable: '到達不能', unanswered: '応答なし', refused: '接続拒否' },
  port: (port) => `ポート${port}`,
  since: (time, lasted) => `${time}から（${lasted}）`,
  unknownTime: '時刻不明',
  who: (count) => `${count}台が待機中`,
  tries: (tries, last) => `${tries}回試行、最後は${last}`,
  more: (count) => `ほか${count}件`,
  noNotices: '送信待ちの通知はありません。',
  mails: (pending, sent, failed) => `送信待ち${pending}通、送信済み${sent}通、断念${failed}通。`,
  notice: (id) => `通知 ${id}`,
  next: (span) => `${span}後に再送`,
  now: 'まもなく送信',
  underWay: '送信中',
  failedTries: (count) => `${count}回失敗`,
  quietDay: '障害はありませんでした。',
  ago: (from, to) => `${from}前から${to}前まで`,
  until: (from) => `${from}前から現在まで`,
  hoursAgo: (count) => (count === 0 ? '現在' : `${count}時間前`),
  quietMonth: 'この期間に終わった障害はありません。',
  monthSaid: (outages, days) => `${days}日に${outages}件の障害が終わりました。`,
  asTable: '表で見る',
  columns: ['日付', '障害', '停止時間', '人数'],
  everybodyTold: '最近の障害で待っていた方には、全員に通知しました。',
  untold: {
    noAddress: (count) => `メールアドレスが不明なクライアント${count}台`,
    stale: (count) => `最後の試行から時間が経ちすぎた方${count}名`,
    stopped: (count) => `通知を希望しない方${count}名`,
    queued: (count) => `送信待ちのメール${count}通`,
    failed: (count) => `送信を断念したメール${count}通`,
    handedOver: (count) => `中継先のリストに載せたクライアント${count}台`,
  },
  givenUp: (id, reason) => `通知 ${id} の送信を断念しました：${reason}`,
  noReason: '理由不明',
  facts: {
    since: '稼働開始',
    plane: 'データプレーン',
    interface: 'インタフェース',
    state: '状態の保存',
    gaps: '失われたイベント',
    zone: '時刻の基準',
  },
  planeUp: '動作中',
  planeAway: '停止中（復帰するまで何も検出されません）',
  interface: (up, received, dropped) =>
    `${up ? '動作中' : '停止中'}、受信${received}フレーム、破棄${dropped}フレーム`,
  onDisk: 'ディスク',
  inMemory: (reason) => (reason === null ? 'メモリ（設定どおり）' : `メモリのみ：${reason}`),
  counters: 'データプレーンのカウンタ',
  frames: '結果ごとのフレーム数',
  tables: 'テーブル',
  units: ['日', '時間', '分', '秒'],
  between: '',
};

export const DASHBOARD_WORDS: Readonly<Record<Language, Words>> = { en: ENGLISH, ja: JAPANESE };

/** A time in its two largest units. */
export function lastedIn({ units, between }: Words, ms: number): string {
  return spanText(Math.max(0, ms), units, between);
}
