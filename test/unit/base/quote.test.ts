import t from 'tap';
import { linesText, onOneLine, withoutControls } from '../../../src/base/quote.js';

t.test('nothing that moves, colours or reorders text is left', async (t) => {
  t.equal(withoutControls('a\u001b[31mb\u007f\u009bc\r'), 'a\\u001b[31mb\\u007f\\u009bc\\u000d');
  t.equal(withoutControls('\u202eabc\u2066\u2069\u200f\u2028'), '\\u202eabc\\u2066\\u2069\\u200f\\u2028');
  t.equal(withoutControls('a\tb\nä €😀'), 'a\tb\nä €😀');
  t.equal(onOneLine('a\tb\nc'), 'a\\tb\\nc');
  t.equal(linesText(['a\nb', '', 'c']), 'a\\nb\n\nc\n');
});
