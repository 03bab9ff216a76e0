import t from 'tap';
import { explainHtml } from '../../../../src/plan/explain/explain-html.js';

const page = explainHtml({
  title: 'sh <x>: what "it" makes',
  text: '{\n  "hostname": "a<b>&amp;",\n  "mounts": []\n}\n',
  positionOf: (pointer) => (pointer === '/hostname' ? { line: 2, column: 15 } : undefined),
  lines: [
    { actor: 'runtime', text: 'make the state folder', pointer: '', of: 'state' },
    { actor: 'init', text: 'set the hostname to a<b>', pointer: '/hostname', of: {} },
  ],
  warnings: [{ text: 'CAP_<X>', pointer: '/process' }],
});

t.test('a page that holds all it needs', async (t) => {
  t.match(page, /^<!doctype html>/);
  t.notMatch(page, /https?:|src=|<link|@import|url\(/);
  t.match(
    page,
    '<li class="f" tabindex="0" data-l="2"><b>init</b> set the hostname to a&#60;b&#62;<i>/hostname</i></li>',
  );
  t.match(page, '<li class="f" tabindex="0" data-l="2">  &#34;hostname&#34;: &#34;a&#60;b&#62;&#38;amp;&#34;,</li>');
  t.match(page, '<li><b>runtime</b> make the state folder</li>');
  t.equal(page.match(/<li/g)!.length, 4 + 2, 'a line of the file, an action: each once');
});

t.test('nothing of a configuration is taken for HTML', async (t) => {
  const body = page.replace(/<script>[\s\S]*<\/script>/, '').replace(/<style>[\s\S]*<\/style>/, '');
  const tags = new Set([...body.matchAll(/<\/?([a-z0-9!]+)/g)].map(([, name]) => name));
  t.same([...tags].sort(), [
    '!doctype',
    'b',
    'h1',
    'h2',
    'html',
    'i',
    'li',
    'main',
    'meta',
    'ol',
    'p',
    'section',
    'title',
  ]);
});
