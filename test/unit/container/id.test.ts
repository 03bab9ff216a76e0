import t from 'tap';
import { checkContainerId } from '../../../src/container/state/container-id.js';

t.test('letters, digits and _ + . - are allowed', async (t) => {
  for (const id of ['a', 'web-1', 'A_b+c.d', '0', '..a', 'x'.repeat(255)])
    t.doesNotThrow(() => checkContainerId(id), id);
});

t.test('what could lead out of the root directory, or is too long for a name, is refused', async (t) => {
  for (const id of ['.', '..', 'a/b', '../x', 'a b', 'ä', 'a\0', 'a\n', 'x'.repeat(256)]) {
    t.throws(() => checkContainerId(id), { code: 'usage', message: /invalid container ID format/ }, JSON.stringify(id));
  }
  t.throws(() => checkContainerId(''), { code: 'usage', message: 'container id cannot be empty' });
});
