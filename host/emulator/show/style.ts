/**
 * How the report looks: one accent colour, which is blue and so told apart from grey by everybody, shades of it that differ in
 * lightness, too, and much room. Texts differ from what they stand on by 4.5:1 at least, in light and dark.
 */

const LIGHT =
  '--page:#fbfaf8;--card:#fff;--ink:#1d2023;--soft:#565d64;--rule:#e2dfd9;--grid:#eceae5;' +
  '--truth:#8f959b;--accent:#0b588c;--middle:#6fa5cb;--tint:#d6e5f0;--on-accent:#fff;--alert:#9c2318;--alert-tint:#f9e6e2';
const DARK =
  '--page:#14171a;--card:#1b1f23;--ink:#eae8e4;--soft:#a8afb6;--rule:#31373d;--grid:#262b30;' +
  '--truth:#777f87;--accent:#7fbbea;--middle:#37658a;--tint:#22394b;--on-accent:#0c1c29;--alert:#ffac9f;--alert-tint:#3a211e';

/** What charts have, in the report and alone. */
const CHART = `
svg text{font:12px system-ui,sans-serif;fill:var(--soft)}
svg .name{fill:var(--ink);font-weight:600;font-size:13px}
svg .ink{fill:var(--ink)}
svg .small{font-size:11px}
svg .mono{font-family:ui-monospace,monospace}
svg .end{text-anchor:end}
svg .middle{text-anchor:middle}
svg .alert{fill:var(--alert)}
svg .strong{fill:var(--accent);font-weight:600}
svg .on2{fill:var(--on-accent)}
svg .halo{paint-order:stroke;stroke:var(--page);stroke-width:4px;stroke-linejoin:round}
svg .cross{stroke:var(--soft);stroke-width:1.5}
svg .grid{stroke:var(--grid);stroke-width:1}
svg .rule{stroke:var(--rule);stroke-width:1}
svg .mark{stroke:var(--truth);stroke-width:1;stroke-dasharray:2 3}
svg .dot{fill:var(--truth)}
svg .area{fill:var(--tint);stroke:var(--accent);stroke-width:1.5;stroke-linejoin:round}
svg .area2{fill:var(--middle)}
svg .truth{fill:var(--truth)}
svg .early{fill:var(--tint);stroke:var(--accent);stroke-width:1}
svg .held{fill:var(--accent)}
svg .settling{fill:var(--middle)}
svg .shown{stroke:var(--accent);stroke-width:2;stroke-dasharray:1 4;stroke-linecap:round}
svg .sure{fill:var(--page);stroke:var(--accent);stroke-width:2}
svg .mail{fill:var(--page);stroke:var(--accent);stroke-width:1.5;stroke-linejoin:round}
svg .life{stroke:var(--rule);stroke-width:2}
svg .go{stroke:var(--accent);stroke-width:1.5}
svg .head{fill:var(--accent)}
svg .go.bad{stroke:var(--alert)}
svg .head.bad{fill:var(--alert)}
svg .quiet{stroke:var(--truth);stroke-width:1.5}
svg .head.quiet{stroke:none;fill:var(--truth)}
svg .gap{fill:var(--page)}
svg .note{fill:var(--tint)}
svg .part0{fill:var(--tint)}
svg .part1{fill:var(--middle)}
svg .part2{fill:var(--accent)}
svg .part3{fill:var(--truth)}
`;

const PAGE = `
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:1rem/1.6 system-ui,sans-serif;overflow-wrap:anywhere;-webkit-text-size-adjust:100%}
main{max-width:68rem;margin:auto;padding:clamp(2rem,6vh,4.5rem) 1.5rem 4rem}
.eyebrow{margin:0;color:var(--accent);font-weight:600;font-size:.875rem;letter-spacing:.02em}
tbody .sub th,tbody .sub td{color:var(--soft);font-weight:400}
h1{margin:.35rem 0 1.75rem;font-size:clamp(1.6rem,1.1rem + 2vw,2.4rem);line-height:1.2;letter-spacing:-.015em;text-wrap:balance;max-width:58rem}
h2{margin:0 0 .3rem;font-size:1.3rem;line-height:1.3;letter-spacing:-.01em}
h3{margin:2rem 0 .5rem;font-size:1rem}
p{margin:0 0 1rem;max-width:44rem}
.soft{color:var(--soft)}
section{margin-top:4.5rem}
section>h2+p{margin-bottom:1.5rem;color:var(--soft)}
.verdict{margin:0 0 2.25rem;padding:1.35rem 1.6rem;background:var(--card);border:1px solid var(--rule);border-left:.3rem solid var(--accent);border-radius:.6rem}
.verdict p{margin:0;font-size:1.15rem;line-height:1.5;max-width:none}
.verdict p+p{margin-top:.5rem;font-size:1rem;color:var(--soft)}
.verdict.broken{border-left-color:var(--alert);background:var(--alert-tint)}
.verdict.broken p{color:var(--ink)}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:1.5rem 2rem;margin:0}
.figures div{display:flex;flex-direction:column-reverse;justify-content:flex-end}
.figures dt{color:var(--soft);font-size:.9rem;line-height:1.4}
.figures dd{margin:0;font-size:1.85rem;line-height:1.25;font-weight:600;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.promises{list-style:none;margin:0;padding:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(min(18rem,100%),1fr));gap:.6rem 2rem}
.promises li{display:grid;grid-template-columns:1.5rem 1fr}
.promises small{display:block;color:var(--soft);font-size:.875rem}
.yes{color:var(--accent);font-weight:700}
.no,.no+span{color:var(--alert);font-weight:700}
.wide{overflow-x:auto;border-radius:.4rem;scrollbar-width:thin}
.wide svg{display:block;width:100%;min-width:46rem;height:auto}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(19rem,100%),1fr));gap:2.5rem}
.pair svg,.ladder svg{display:block;width:100%;height:auto}
.ladder svg{max-width:46rem;min-width:36rem}
figure{margin:0}
figcaption{margin:0 0 .5rem;font-weight:600}
figcaption span{display:block;font-weight:400;color:var(--soft);font-size:.9rem}
table{border-collapse:collapse;width:100%;font-size:.9375rem;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:600;padding:0 0 .5rem}
th,td{padding:.5rem 1.25rem .5rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--rule)}
th{font-weight:600}
thead .n{white-space:nowrap}
thead th{color:var(--soft);font-weight:400;font-size:.875rem}
.n{text-align:right}
table+h3,.wide+h3,.pair+.pair,table+figure,.wide+figure,.wide+.wide,figure+.wide{margin-top:2.5rem}
details{border-bottom:1px solid var(--rule)}
summary{padding:.7rem 0;cursor:pointer}
summary span{color:var(--soft)}
summary::marker{color:var(--accent)}
pre{margin:0 0 1.25rem;padding:1rem 1.25rem;background:var(--card);border:1px solid var(--rule);border-radius:.5rem;font:.8438rem/1.55 ui-monospace,monospace;white-space:pre-wrap}
code{font:.9em ui-monospace,monospace}
.counts td svg{display:block;margin-top:.5rem;width:100%}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:.4rem 2rem;margin:0 0 1.5rem}
.facts dt{color:var(--soft)}
.facts dd{margin:0}
:focus-visible{outline:.1875rem solid var(--accent);outline-offset:.1875rem}
footer{max-width:68rem;margin:auto;padding:0 1.5rem 3rem;color:var(--soft);font-size:.875rem}
@media(max-width:36rem){main{padding-inline:1.15rem}section{margin-top:3.25rem}.facts{display:block}.facts dd{margin:0 0 .6rem}
.figures{grid-template-columns:1fr 1fr;gap:1.25rem 1rem}.figures dd{font-size:1.5rem}th,td{padding-right:.8rem}}
@media print{:root{${LIGHT};--page:#fff}main{max-width:none;padding:0}section{margin-top:2rem}
figure,.verdict,tr{break-inside:avoid}h2,h3{break-after:avoid}.wide{overflow:visible}.wide svg,.ladder svg{min-width:0}}
`;

const themes = `:root{color-scheme:light dark;${LIGHT}}@media(prefers-color-scheme:dark){:root{${DARK}}}`;

export const REPORT_STYLE = (themes + PAGE + CHART).replaceAll('\n', '');
/** Where a chart stands alone, in a README say, behind it is whatever is there. */
export const CHART_STYLE =
  `svg{${LIGHT};--page:#fff}@media(prefers-color-scheme:dark){svg{${DARK};--page:#0d1117}}${CHART}`.replaceAll(
    '\n',
    '',
  );
