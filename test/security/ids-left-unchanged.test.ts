// To the kernel 4294967295 is no id: setresuid(2), setresgid(2) leave the ids, root's, as they are, and succeed.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { compile, needsCompiler } from '../helpers/compile.js';
import type { TestConfig } from '../helpers/config.js';
import { call, runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const noId = 4294967295;

const users: readonly [field: string, user: TestConfig['process']['user']][] = [
  ['uid', { uid: noId, gid: 1000 }],
  ['gid', { uid: 1000, gid: noId }],
  ['additionalGids/0', { uid: 1000, gid: 1000, additionalGids: [noId] }],
];

t.test('no id is refused, and nothing runs', { skip: skipIf() }, async (t) => {
  for (const [field, user] of users) {
    const result = box.sh('id', (config) => {
      config.process.user = user;
    });
    t.not(result.status, 0, field);
    t.equal(result.stdout, '', field);
    if (!tsruncOnly('words of the error')) {
      t.match(result.stderr, `/process/user/${field}: is ${noId}; must be at most 4294967294`);
    }
  }
});

t.test('exec takes none either', { skip: skipIf() }, async (t) => {
  const { id } = box.started();
  const file = join(box.directory(), 'process.json');
  const execAs = (user: TestConfig['process']['user']) => {
    writeFileSync(file, JSON.stringify({ args: ['id', '-u'], cwd: '/', env: ['PATH=/bin'], user }));
    return box.call(['exec', '--process', file, id]);
  };
  for (const [field, user] of users) {
    const result = execAs(user);
    t.not(result.status, 0, field);
    t.equal(result.stdout, '', field);
  }
  t.equal(execAs({ uid: 1000, gid: 1000, additionalGids: [1000] }).stdout, '1000\n', 'another is taken');
});

t.test('the greatest ids are taken', { skip: skipIf() }, async (t) => {
  const most = noId - 1;
  const result = box.sh('id -u; id -g; id -G', (config) => {
    config.process.user = { uid: most, gid: most, additionalGids: [most - 1, 5, most - 1, 3] };
  });
  t.equal(result.stdout, `${most}\n${most}\n${most} 3 5 ${most - 1} ${most - 1}\n`);
});

/** The calls by their numbers: they differ between architectures. */
const calls = process.arch === 'x64' ? { setresuid: 117, setresgid: 119, setgroups: 116 } : undefined;

t.test(
  'init looks whether it has the ids',
  { skip: skipIf(tsruncOnly('the messages are ours'), calls ? false : 'numbers of x86-64', needsCompiler()) },
  async (t) => {
    const answer = join(box.directory(), 'answer');
    compile('answer.c', answer);
    for (const [name, number] of Object.entries(calls ?? {})) {
      const bundle = box.bundle((config) => {
        config.process.args = ['id'];
        config.process.user = { uid: 1000, gid: 1001, additionalGids: [1002] };
      });
      const args = ['--root', box.root, 'run', '--bundle', bundle, box.id('run')];
      const result = call([String(number), '0', runtime, ...args], { executable: answer });
      t.not(result.status, 0, name);
      t.equal(result.stdout, '', name);
      t.match(result.stderr, new RegExp(`/process/user: user: get${name.slice(3)}`), name);
    }
  },
);

box.end(t);
