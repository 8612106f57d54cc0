/**
 * The style of the dashboard, with the colours of the other pages: text and what it stands on differ by 7:1 at least in light and
 * dark (WCAG 2.2, 1.4.6), pictures and borders by 3:1 (1.4.11).
 */
export const DASHBOARD_STYLE = `
:root{color-scheme:light dark;--page:#fbfaf8;--ink:#1d2023;--soft:#43494f;--line:#6b7278;--rule:#c9cdd1;
--mark:#0a4674;--on-mark:#fff;--note:#eaf1f7;--alert:#8a1212;--good:#0b5324;--card:#fff}
@media(prefers-color-scheme:dark){:root{--page:#14171a;--ink:#eceae6;--soft:#bcc1c7;--line:#858d95;--rule:#3d444b;
--mark:#a3d0f7;--on-mark:#0b1d2c;--note:#1f2a34;--alert:#ffb4ab;--good:#9fe0b4;--card:#1b1f23}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:1.0625rem/1.6 system-ui,sans-serif;overflow-wrap:anywhere}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:.5rem;padding:.75rem 1rem;background:var(--page)}
header,main{max-width:68rem;margin:auto;padding:0 1.25rem}
header{display:flex;flex-wrap:wrap;align-items:center;gap:.5rem 1.25rem;padding-top:1rem}
h1{margin:0 auto 0 0;font-size:1.4rem;line-height:1.3}
h2{margin:0 0 .75rem;font-size:1.2rem;line-height:1.4}
h3{margin:1.25rem 0 .5rem;font-size:1.0625rem}
h2:focus{outline:none}
p{margin:0 0 .75rem}
main{display:grid;grid-template-columns:minmax(0,1fr);gap:1.25rem;padding-top:1rem;padding-bottom:2rem}
@media(min-width:56rem){main{grid-template-columns:minmax(0,1fr) minmax(0,1fr)}.wide{grid-column:1/-1}}
section{padding:1rem 1.25rem;background:var(--card);border:.0625rem solid var(--rule);border-radius:.4rem}
#summary{background:var(--note);border-left:.3rem solid var(--mark);font-size:1.2rem}
#summary p{margin:0}
.good{color:var(--good);font-weight:600}
.bad,.alert{color:var(--alert);font-weight:600}
.soft{color:var(--soft);font-size:.9375rem}
ul{margin:0 0 .75rem;padding-left:1.25rem}
.cards{padding:0;list-style:none}
.cards>li{padding:.5rem 0;border-top:.0625rem solid var(--rule)}
.cards p{margin:0}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.25rem 1.25rem;margin:0 0 .75rem}
dt{color:var(--soft)}
dd{margin:0;font-variant-numeric:tabular-nums}
@media(max-width:34rem){dl{display:block}dd{margin:0 0 .5rem}}
.strips{display:block}
.strips dd{margin:0 0 .5rem}
svg{display:block;width:100%;height:1.25rem;background:var(--note)}
.bars{height:6rem}
rect{fill:var(--alert)}
.bars rect{fill:var(--mark)}
line{stroke:var(--line);stroke-width:2}
.hours{display:flex;justify-content:space-between;color:var(--soft);font-size:.875rem}
table{width:100%;border-collapse:collapse}
th,td{padding:.35rem .5rem .35rem 0;text-align:left;font-weight:400;border-bottom:.0625rem solid var(--rule)}
thead th{font-weight:600}
.number{text-align:right;font-variant-numeric:tabular-nums}
summary{padding:.6rem 0;cursor:pointer}
label{display:block;margin-bottom:.35rem;font-weight:600}
input,button{min-height:3rem;font:inherit;color:inherit;border:.125rem solid var(--line);border-radius:.4rem}
input{width:100%;max-width:30rem;margin-bottom:1rem;padding:.5rem .75rem;background:transparent}
[aria-invalid]{border-color:var(--alert)}
button{padding:.5rem 1.25rem;background:transparent;cursor:pointer}
.yes{background:var(--mark);border-color:var(--mark);color:var(--on-mark);font-weight:600}
a{display:inline-block;padding:.7rem 0;color:var(--mark)}
:focus-visible{outline:.1875rem solid var(--mark);outline-offset:.1875rem}
`.replaceAll('\n', '');
