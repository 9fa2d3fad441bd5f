import { paper } from './palette.js';

const scheme = (which: 'light' | 'dark'): string =>
  Object.entries(paper)
    .map(([name, colour]) => `--${name}:${colour[which]};`)
    .join('');

/** How the page looks. Nothing is loaded: the fonts are the reader's own. */
export const style: string = `
:root{color-scheme:light dark;${scheme('light')}--link:#1a5fb4;--mark:#eef3f9}
@media screen and (prefers-color-scheme:dark){:root{${scheme('dark')}--link:#8ab8f0;--mark:#1f2630}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--background);color:var(--text);font:1rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
header,main,footer{max-width:58rem;margin:0 auto;padding:0 1rem}
header{padding-top:2.5rem}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .75rem;font-weight:650;letter-spacing:-.01em}
h2{font-size:1.35rem;line-height:1.3;margin:0 0 .5rem;font-weight:600}
h3{font-size:1.05rem;line-height:1.4;margin:2rem 0 .4rem;font-weight:600}
section{padding:2.25rem 0 .5rem;border-top:1px solid var(--line);margin-top:2rem}
p,ul{margin:.6rem 0;max-width:46rem}
p,li,h1,h2,h3,figcaption{overflow-wrap:anywhere}
h3{max-width:46rem}
ul{padding-left:1.2rem}
.method,.quiet,footer{color:var(--quiet);font-size:.9rem}
.question{color:var(--quiet);margin-top:0}
.topic{color:var(--quiet);font-size:.9rem;margin:0 0 .1rem}
h2{max-width:46rem}
dl{margin:.8rem 0;max-width:46rem;font-size:.95rem}
dl div{display:flex;gap:.75rem;margin:.15rem 0}
dt{flex:0 0 10.5rem;font-weight:600}
dd{margin:0}
.answer{background:var(--mark);border-left:3px solid var(--link);padding:.6rem .9rem;border-radius:0 .3rem .3rem 0}
a{color:var(--link)}
nav ul{columns:2;list-style:none;padding:0;font-size:.95rem}
figure{margin:1.25rem 0}
figure svg{display:block;max-width:100%;height:auto}
figure svg.narrow{display:none}
figcaption{color:var(--quiet);font-size:.9rem;margin-top:.4rem}
.scroll{overflow-x:auto;margin:.75rem 0;border:1px solid var(--line);border-radius:.3rem}
.scroll:focus-visible,summary:focus-visible,a:focus-visible{outline:2px solid var(--link);outline-offset:2px}
table{border-collapse:collapse;font-size:.85rem;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:.5rem .7rem;color:var(--quiet)}
tbody th,thead th:first-child{position:sticky;left:0;background:var(--background)}
th,td{padding:.28rem .6rem;text-align:left;vertical-align:top;white-space:nowrap;border-top:1px solid var(--line)}
thead th{font-weight:600}
tbody th{font-weight:500}
td.right,th.right{text-align:right}
td.words{white-space:normal;min-width:24rem}
tbody tr.first>*{border-top:2px solid var(--line)}
details{margin:.75rem 0}
summary{cursor:pointer;color:var(--link)}
code{font:.88em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
footer{padding-top:2rem;padding-bottom:3rem}
@media (max-width:40rem){
body{font-size:.98rem}
nav ul{columns:1}
dl div{display:block}
dt{display:inline;margin-right:.5rem}
dd{display:inline}
figure svg.wide{display:none}
figure svg.narrow{display:block;margin:0 auto}
}
@media print{
body{font-size:10pt}
header,main,footer{max-width:none}
nav,summary{display:none}
details::details-content{content-visibility:visible;block-size:auto}
.scroll{overflow:visible;border:0}
table{font-size:6.5pt}
th,td{white-space:normal;padding:.15rem .3rem}
td.words{min-width:0}
h2,h3,.topic,caption{break-after:avoid}
figure,tr{break-inside:avoid}
}
`.trim();
