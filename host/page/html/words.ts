/**
 * The words of the pages, in their languages. The Japanese ones follow the seed, paragraphs 170, 176 and 177:
 * what each page must say.
 */

import type { Language } from '../../config/types.ts';
import { HOUR_MS } from '../../net/duration.ts';
import { zoneText } from '../../net/zone.ts';
import type { FormRefusal, Page } from './kinds.ts';

interface PageWords {
  readonly heading: string;
  readonly lead: string;
  /** A second paragraph, where there is more to say. */
  readonly more?: string;
}

interface Words {
  readonly pages: Readonly<Record<Page, PageWords>>;
  readonly refusals: Readonly<Record<FormRefusal, string>>;
  /** Before the heading in the title of a page that reports a mistake (WCAG technique G199). */
  readonly mistake: string;
  readonly message: string;
  readonly until: string;
  readonly question: string;
  readonly invitation: string;
  readonly yes: string;
  readonly no: string;
  readonly stop: string;
  readonly allow: string;
  readonly confirm: string;
  /** For those who registered although they stopped the notices once: whether they did is not told. */
  readonly allowing: string;
  /** From the page of a client that is known to the form. */
  readonly another: string;
  readonly server: string;
  readonly asked: string;
  readonly since: string;
  readonly mail: string;
  /** What a registration means after this outage. */
  readonly keeping: (span: string) => string;
  readonly days: (count: number) => string;
  readonly hours: (count: number) => string;
  readonly again: string;
  /** The same where the server is known to be back. */
  readonly open: string;
  readonly live: string;
  /** For browsers without the script, which load the page again so often. */
  readonly refreshing: (seconds: number) => string;
  /** Year, month (1 to 12) and day of month. */
  readonly date: (year: number, month: number, day: number) => string;
  /** The date as above, `HH:MM` and the zone as `UTC+09:00`. */
  readonly moment: (date: string, time: string, zone: string) => string;
}

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);

const ENGLISH: Words = {
  pages: {
    outage: {
      heading: 'This server is down at present',
      lead: 'It can’t be reached. This page comes from the router of the network, in the server’s place.',
    },
    known: {
      heading: 'This server is down at present',
      lead: 'It can’t be reached. This page comes from the router of the network, in the server’s place.',
      more: 'When it is back, a notice will be sent by mail: an address is already registered for your device or network.',
    },
    another: {
      heading: 'This server is down at present',
      lead: 'An address is already registered for your device or network. Here another person can have a notice, too.',
    },
    registered: {
      heading: 'You are registered',
      lead: 'When the server is back, a recovery notice will be sent to the mail address below.',
    },
    declined: {
      heading: 'No notice will be sent',
      lead: 'Nothing was stored. If you change your mind while the server is down, open its page again.',
    },
    refused: {
      heading: 'That didn’t work',
      lead: 'Nothing was stored.',
    },
    back: {
      heading: 'The server is back',
      lead: 'It answers again, so there is no need for a notice.',
    },
    stop: {
      heading: 'Stop recovery notices?',
      lead: 'This router will then send no recovery notice to your mail address any more, until you allow it again with the same link.',
    },
    confirm: {
      heading: 'Go on telling you?',
      lead: 'This mail address was entered on a page of this router, and nobody has confirmed it: until then it gets few notices at a time, and later ones together.',
      more: 'If you want no notices, stop them: this router will then send none to your mail address any more, until you allow it again with the same link.',
    },
    confirmed: {
      heading: 'You will be told on',
      lead: 'Your mail address is confirmed. The link in any of the notices stops them.',
    },
    stopped: {
      heading: 'No more notices',
      lead: 'This router won’t send recovery notices to your mail address any more.',
      more: 'Should you want them again, press the button below, or open the link in any of the notices later.',
    },
    allowed: {
      heading: 'Notices are allowed again',
      lead: 'Recovery notices for which your mail address is registered will be sent again. The same link stops them.',
    },
    'stop-unknown': {
      heading: 'This link is not valid',
      lead: 'Nothing was changed. Part of the link may be missing: please copy all of it from the mail.',
    },
  },
  refusals: {
    mail: 'Please check the mail address: it must be a single one, like sato@example.jp.',
    answer: 'Please choose one of the two buttons.',
    expired: 'This form is not valid any more. Please try once more.',
    many: 'No more registrations can be taken just now. Please try again later.',
    stranger: 'No attempt of yours to reach this server was seen. Please open its page first.',
    name: 'What was asked for is no name of this server. Please open its page by its own name or address.',
    trouble: 'The registration could not be stored. Please try again later.',
  },
  mistake: 'Error',
  message: 'Message from the operator',
  until: 'Expected to be back:',
  question: 'Would you like a mail when it is back?',
  invitation:
    'Enter your mail address, and a recovery notice will be sent as soon as the server answers again.',
  yes: 'Yes, notify me',
  no: 'No, thank you',
  stop: 'Stop the notices',
  allow: 'Allow notices again',
  confirm: 'Go on telling me',
  allowing: 'If you once said that you want no more notices: the link in any of them allows them again.',
  another: 'Register another person on this network',
  server: 'Server',
  asked: 'You asked for',
  since: 'Down since',
  mail: 'Mail address',
  keeping: (span) =>
    `The registration counts for ${span}: if you find another server here down in that time, you get a notice ` +
    'without being asked again. Every notice says how to stop them.',
  days: (count) => (count === 1 ? '1 day' : `${count} days`),
  hours: (count) => (count === 1 ? '1 hour' : `${count} hours`),
  again: 'Try again now',
  open: 'Open the server’s page',
  live: 'You can leave this page open: it turns into the server’s own page when the server is back.',
  refreshing: (seconds) => `You can leave this page open: it is loaded again every ${seconds} seconds.`,
  date: (year, month, day) => `${day} ${MONTHS[month - 1]} ${year}`,
  moment: (date, time, zone) => `${date}, ${time} (${zone})`,
};

const JAPANESE: Words = {
  pages: {
    outage: {
      heading: 'ただいまサーバにアクセスできません',
      lead: 'アクセスされたサーバに障害が発生しています。このページは、サーバに代わってネットワークのルータが表示しています。',
    },
    known: {
      heading: 'ただいまサーバにアクセスできません',
      lead: 'アクセスされたサーバに障害が発生しています。このページは、サーバに代わってネットワークのルータが表示しています。',
      more: 'お使いの端末またはネットワークにはメールアドレスがすでに登録されています。サーバが復旧しましたら、メールでお知らせします。',
    },
    another: {
      heading: 'ただいまサーバにアクセスできません',
      lead: 'お使いの端末またはネットワークにはメールアドレスがすでに登録されています。ほかの方の通知は、こちらから登録できます。',
    },
    registered: {
      heading: 'メールアドレスの登録が完了しました',
      lead: 'サーバの障害が復旧しましたら、下記のメールアドレスに「サーバ障害復旧通知」をお送りします。',
    },
    declined: {
      heading: '復旧通知はお送りしません',
      lead: 'メールアドレスなどの情報は保存していません。復旧前にもう一度サーバにアクセスすると、改めて登録できます。',
    },
    refused: {
      heading: '登録できませんでした',
      lead: '入力された情報は保存していません。',
    },
    back: {
      heading: 'サーバは復旧しました',
      lead: 'アクセスできるようになりましたので、復旧通知の登録は必要ありません。',
    },
    stop: {
      heading: '復旧通知を停止しますか？',
      lead: '停止すると、同じリンクから再開されるまで、このルータからお使いのメールアドレスにサーバ障害復旧通知をお送りすることはありません。',
    },
    confirm: {
      heading: '今後も復旧通知をお送りしますか？',
      lead: 'このメールアドレスは、このルータの画面で入力されたもので、まだご本人の確認が済んでいません。確認が済むまで、お送りする通知の数を制限し、残りはまとめてお送りします。',
      more: '通知が不要な場合は停止してください。同じリンクから再開されるまで、このルータからお使いのメールアドレスにサーバ障害復旧通知をお送りすることはありません。',
    },
    confirmed: {
      heading: '今後も復旧通知をお送りします',
      lead: 'メールアドレスの確認が完了しました。通知は、各通知に記載のリンクから停止できます。',
    },
    stopped: {
      heading: '復旧通知を停止しました',
      lead: '今後、このルータからお使いのメールアドレスにサーバ障害復旧通知をお送りすることはありません。',
      more: '再開をご希望の場合は、下のボタンを押してください。後日、通知に記載のリンクから再開することもできます。',
    },
    allowed: {
      heading: '復旧通知を再開しました',
      lead: '今後は、登録されたメールアドレスにサーバ障害復旧通知をお送りします。同じリンクから、いつでも停止できます。',
    },
    'stop-unknown': {
      heading: 'リンクが正しくありません',
      lead: '設定は変更されていません。リンクの一部が欠けている可能性があります。メールに記載されたリンク全体をコピーして開いてください。',
    },
  },
  refusals: {
    mail: 'メールアドレスをご確認ください。sato@example.jp のような形式で、一つだけ入力してください。',
    answer: '二つのボタンのどちらかを選んでください。',
    expired: 'フォームの有効期限が切れました。お手数ですが、もう一度お試しください。',
    many: 'ただいま登録を受け付けることができません。しばらくしてからもう一度お試しください。',
    stranger: 'このサーバへのアクセスを確認できませんでした。先にサーバのページを開いてください。',
    name: 'アクセス先がこのサーバの名前と一致しません。サーバの正しい名前またはアドレスでページを開いてください。',
    trouble: '登録を保存できませんでした。しばらくしてからもう一度お試しください。',
  },
  mistake: 'エラー',
  message: '管理者からのお知らせ',
  until: '復旧見込み：',
  question: '復旧をメールでお知らせしますか？',
  invitation:
    'ご希望の場合は、メールアドレスを入力してください。サーバの障害が復旧したときに「サーバ障害復旧通知」をお送りします。',
  yes: '通知を希望する',
  no: '希望しない',
  stop: '通知を停止する',
  allow: '通知を再開する',
  confirm: '今後も通知を希望する',
  allowing: '以前に通知を停止された場合は、お手元の通知に記載のリンクから再開できます。',
  another: 'ほかの方のメールアドレスを登録する',
  server: 'サーバ',
  asked: 'アクセス先',
  since: '障害検出日時',
  mail: 'メールアドレス',
  keeping: (span) =>
    `登録の有効期間は${span}です。期間中にほかのサーバの障害でアクセスできなかった場合も、改めてお尋ねせずに復旧をお知らせします。` +
    '通知の停止方法は、各通知に記載しています。',
  days: (count) => `${count}日間`,
  hours: (count) => `${count}時間`,
  again: 'もう一度アクセスする',
  open: 'サーバのページを開く',
  live: 'このページを開いたままにしておくと、サーバの復旧後、自動的にサーバのページに切り替わります。',
  refreshing: (seconds) => `このページを開いたままにしておくと、${seconds}秒ごとに自動的に読み込み直します。`,
  date: (year, month, day) => `${year}年${month}月${day}日`,
  moment: (date, time, zone) => `${date} ${time}（${zone}）`,
};

export const WORDS: Readonly<Record<Language, Words>> = { en: ENGLISH, ja: JAPANESE };

/** How long a registration counts, in days from two on, in hours below. */
export function keepingText({ keeping, days, hours }: Words, ms: number): string {
  const count = Math.max(1, Math.round(ms / HOUR_MS));
  return keeping(count < 48 ? hours(count) : days(Math.round(count / 24)));
}

/** A moment in the local zone, to the minute, in words and as HTML's `datetime`. */
export function momentText({ date, moment }: Words, at: Date): { words: string; machine: string } {
  const two = (number: number): string => String(number).padStart(2, '0');
  const zone = zoneText(at);
  const [year, month, day] = [at.getFullYear(), at.getMonth() + 1, at.getDate()];
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  return {
    words: moment(date(year, month, day), time, `UTC${zone}`),
    machine: `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${time}${zone}`,
  };
}
