/** A plan as one page of HTML, with the fields on the left and what they cause on the right. */
import type { Position } from '../../base/error.js';
import type { PlanWarning } from '../plan.js';
import type { Line } from './line.js';

/** What the page shows. */
export interface Page {
  readonly title: string;
  /** The configuration, as it stands in its file. */
  readonly text: string;
  /** Where in that text the value of a field begins. */
  readonly positionOf: (pointer: string) => Position | undefined;
  readonly lines: readonly Line[];
  readonly warnings: readonly PlanWarning[];
}

/**
 * The page; it holds all that it needs, and loads nothing. A line of the configuration that actions come from, or an action, shows
 * what belongs to it when it is pointed at, and keeps showing it when it is clicked.
 */
export function explainHtml({ title, text, positionOf, lines, warnings }: Page): string {
  const places = lines.map(({ pointer }) => (pointer === '' ? undefined : positionOf(pointer)?.line));
  const used = new Set(places);
  const source = text.replace(/\n$/, '').split('\n');
  const fields = source.map((line, i) => {
    const number = i + 1;
    const known = used.has(number) ? ` class="f" tabindex="0" data-l="${number}"` : '';
    return `<li${known}>${escaped(line)}</li>`;
  });
  const actions = lines.map(({ actor, pointer, text: what }, i) => {
    const place = places[i];
    const known = place === undefined ? '' : ` class="f" tabindex="0" data-l="${place}"`;
    return `<li${known}><b>${actor}</b> ${escaped(what)}${pointer && `<i>${escaped(pointer)}</i>`}</li>`;
  });
  const said = warnings.map(
    ({ pointer, text: what }) => `<p class="w">warning: ${escaped(what)} <i>${escaped(pointer)}</i></p>`,
  );
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title>
<style>${STYLE}</style>
<h1>${escaped(title)}</h1>
${said.join('\n')}
<main><section><h2>config.json</h2><ol id="fields">
${fields.join('\n')}
</ol></section><section><h2>${lines.length} actions, in order</h2><ol id="actions">
${actions.join('\n')}
</ol></section></main>
<script>${SCRIPT}</script>
</html>
`;
}

const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

const STYLE =
  ':root{color-scheme:light dark}body{font:14px/1.45 system-ui,sans-serif;margin:0 1rem}h1{font-size:1.2rem}h2{font-size:1rem}' +
  'main{display:grid;grid-template-columns:2fr 3fr;gap:1rem;height:calc(100vh - 7rem)}section{overflow:auto;min-width:0}' +
  'h2{position:sticky;top:0;margin:0;padding:.3rem 0;background:Canvas}' +
  'ol{font:12px/1.5 ui-monospace,monospace;padding-left:4em;margin:0}#fields li{white-space:pre-wrap;overflow-wrap:anywhere}' +
  '#actions li{overflow-wrap:anywhere}b{display:inline-block;width:5em;font-weight:600}i{color:#777;margin-left:1em}' +
  '.f{cursor:pointer}.f:hover,.f:focus{outline:1px solid #2f6fb2}.on{background:#ffe08a;color:#000}.w{color:#b35900;margin:.2rem 0}';

const SCRIPT =
  "const all=[...document.querySelectorAll('.f')];let kept=null;" +
  "const show=l=>{for(const e of all)e.classList.toggle('on',e.dataset.l===l)};" +
  "const first=e=>{const o=all.find(x=>x.dataset.l===e.dataset.l&&x.closest('ol')!==e.closest('ol'));if(o)o.scrollIntoView({block:'center'})};" +
  'for(const e of all){e.onmouseenter=()=>show(e.dataset.l);e.onmouseleave=()=>show(kept);' +
  'e.onclick=()=>{kept=kept===e.dataset.l?null:e.dataset.l;show(kept);first(e)};' +
  "e.onkeydown=v=>{if(v.key==='Enter'){e.onclick()}}}";
