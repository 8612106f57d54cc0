/**
 * The one style of all pages. Text and what it stands on differ by 7:1 at least in light and dark (WCAG 2.2, 1.4.6),
 * borders of fields and the focus by 3:1 (1.4.11), whatever can be pressed is 48 pixels high (2.5.5). The field's font is
 * as large as the text's: phones zoom into smaller ones.
 */
export const STYLE = `
:root{color-scheme:light dark;--page:#fbfaf8;--ink:#1d2023;--soft:#43494f;--line:#6b7278;
--mark:#0a4674;--on-mark:#fff;--note:#eaf1f7;--alert:#8a1212}
@media(prefers-color-scheme:dark){:root{--page:#14171a;--ink:#eceae6;--soft:#bcc1c7;--line:#858d95;
--mark:#a3d0f7;--on-mark:#0b1d2c;--note:#1f2a34;--alert:#ffb4ab}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:1.0625rem/1.6 system-ui,sans-serif;overflow-wrap:anywhere}
main{max-width:37rem;margin:auto;padding:clamp(1.5rem,5vh,4rem) 1.25rem 2rem}
h1{margin:0 0 .75rem;font-size:1.75rem;line-height:1.3;text-wrap:balance;word-break:auto-phrase}
h2{margin:0 0 .5rem;font-size:1.2rem;line-height:1.4;text-wrap:balance;word-break:auto-phrase}
time{display:inline-block}
p{margin:0 0 1rem}
section{margin:1.75rem 0}
.note{padding:1rem 1.25rem;background:var(--note);border-left:.3rem solid var(--mark)}
.note p:last-child{margin:0}
.alert{color:var(--alert);font-weight:600}
.soft{color:var(--soft);font-size:.9375rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.35rem 1.25rem;margin:1.5rem 0}
dt{color:var(--soft)}
dd{margin:0}
label{display:block;margin-bottom:.35rem;font-weight:600}
input,button{min-height:3rem;font:inherit;color:inherit;border:.125rem solid var(--line);border-radius:.4rem}
input{width:100%;padding:.5rem .75rem;background:transparent}
[aria-invalid]{border-color:var(--alert)}
.row{display:flex;flex-wrap:wrap;gap:.75rem;margin:1rem 0}
button{flex:1 1 auto;padding:.5rem 1.25rem;background:transparent;cursor:pointer}
.yes{background:var(--mark);border-color:var(--mark);color:var(--on-mark);font-weight:600}
a{display:inline-block;padding:.7rem 0;color:var(--mark)}
:focus-visible{outline:.1875rem solid var(--mark);outline-offset:.1875rem}
@media(max-width:30rem){dl{display:block}dd{margin:0 0 .6rem}}
`.replaceAll('\n', '');
