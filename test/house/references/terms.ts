/** What the documents speak of, and how the code calls it: by these words a citation shows that it is about its paragraph. */

interface Term {
  readonly name: string;
  /** In the project's comments. */
  readonly here: RegExp;
  /** In the documents. */
  readonly there: RegExp;
}

/** Words that nearly every paragraph has (server, client, router, address) tell nothing of one, and are not here. */
export const TERMS: readonly Term[] = [
  { name: 'arp', here: /\bARP\b|announcement|takeover's/i, there: /ARP|ターゲットMAC/ },
  { name: 'broadcast', here: /broadcast/i, there: /ブロードキャスト/ },
  { name: 'mac', here: /\bMACs?\b/, there: /MAC/ },
  { name: 'interface', here: /interface/i, there: /インタフェース|アダプタ/ },
  { name: 'number', here: /as many|how many|enough|largest number/i, there: /数/ },
  { name: 'trap', here: /\btraps?\b/i, there: /トラップ/ },
  {
    name: 'signal',
    here: /\bsigns?\b|is back|may be back|lives|heard/i,
    there: /信号|復旧したことを検出|復旧を検出|復旧したと判断|復旧検出部/,
  },
  { name: 'name', here: /\bDNS\b|host names?/i, there: /DNS|ホスト名/ },
  { name: 'mailbox', here: /\bPOP\b|mailbox|looked into|relay/i, there: /POP/ },
  { name: 'mail', here: /mail|\btold\b|\btells?\b|notices?/i, there: /メール|通知/ },
  { name: 'lists', here: /\blists?\b/i, there: /情報メール/ },
  { name: 'unreachable', here: /unreachable|in vain/i, there: /到達不能|応答メッセージ/ },
  { name: 'syn', here: /connection requests?|unanswered|\bSYN/i, there: /SYN|コネクション要求/ },
  { name: 'sequence', here: /sequence number/i, there: /シーケンス番号/ },
  { name: 'linked', here: /\blinked\b|\bchain\b|entered|enters/i, there: /リンク|登録/ },
  { name: 'freed', here: /\bfreed\b|given up|free chain/i, there: /削除/ },
  { name: 'time', here: /\bwaits?\b|\btimes?\b|too long ago|\bold(er)?\b/i, there: /時間|時刻|日時/ },
  { name: 'page', here: /\bpages?\b|question|wants his notice/i, there: /画面|代理終端|送受信部/ },
  { name: 'learnt', here: /learn/i, there: /更新/ },
];
