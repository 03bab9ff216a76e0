// The copying of bin/tsrunc (addon/bindings/copy-memory.cc).
import t from 'tap';
import { compilePrograms, needsCompiler } from '../../helpers/compile.js';
import { execute } from '../../helpers/runtime.js';

const skip = needsCompiler() || (process.arch !== 'x64' && 'on other processors the C library copies');

t.test('every size, at every distance', { skip }, async (t) => {
  const program = `${t.testdir()}/copy-memory`;
  compilePrograms(['unit/native/copies.cc'], program, ['-fno-builtin']);
  const { status, stdout } = execute([program]);
  t.equal(status, 0, stdout);
});
