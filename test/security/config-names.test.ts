// encoding/json of Go takes names in any letter case, and merges objects that are given twice: what protects a container of runc
// must not be passed over. Asserted: the restriction is in force, or the configuration is refused.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { TestConfig } from '../helpers/config.js';
import { kind } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);
const skip = skipIf(differs({ crun: 'it passes over such names in silence' }));

const unlike = differs({ runc: 'it passes over calls that it does not know', crun: 'as runc' });

const filter = JSON.stringify({
  defaultAction: 'SCMP_ACT_ALLOW',
  syscalls: [{ names: ['sync'], action: 'SCMP_ACT_ERRNO' }],
});

interface Case {
  readonly title: string;
  /** The configuration's text with the name in it. */
  readonly edit: (text: string) => string;
  /** Prints FREE where the restriction is not in force. */
  readonly probe: string;
  readonly change?: (config: TestConfig) => void;
  /** What tsrunc says. */
  readonly words: RegExp;
}

const replaced = (pointer: string | RegExp, to: string) => (text: string) => {
  const edited = text.replace(pointer, to);
  if (edited === text) throw new Error(`${pointer} is not in ${text}`);
  return edited;
};

const readonlyRoot = 'touch /new && echo FREE';
const filtered = 'grep -q "Seccomp:.0" /proc/self/status && echo FREE';

const cases: readonly Case[] = [
  {
    title: 'readOnly',
    edit: replaced(/"readonly": false/, '"readOnly": true'),
    probe: readonlyRoot,
    words: /\/root\/readOnly: differs .* "readonly"/,
  },
  {
    title: 'nonewprivileges',
    edit: replaced('noNewPrivileges', 'nonewprivileges'),
    probe: 'grep -q "NoNewPrivs:.0" /proc/self/status && echo FREE',
    words: /"noNewPrivileges"/,
  },
  {
    title: 'maskedpaths',
    edit: replaced('maskedPaths', 'maskedpaths'),
    change: (config) => (config.linux.maskedPaths = ['/etc/passwd']),
    probe: 'grep -q root /etc/passwd && echo FREE',
    words: /"maskedPaths"/,
  },
  {
    title: 'maskedPaths with the long s and the sign of the kelvin',
    edit: replaced('maskedPaths', 'ma\u017f\u212aedPaths'),
    change: (config) => (config.linux.maskedPaths = ['/etc/passwd']),
    probe: 'grep -q root /etc/passwd && echo FREE',
    words: /"maskedPaths"/,
  },
  {
    title: 'Seccomp',
    edit: replaced('"linux": {', `"linux": {"Seccomp": ${filter},`),
    probe: filtered,
    words: /"seccomp"/,
  },
  {
    title: 'linux twice',
    edit: replaced('"linux": {', `"linux": {"seccomp": ${filter}}, "linux": {`),
    probe: filtered,
    words: /\/linux: is given twice, at \d+:\d+ and \d+:\d+; must be given once/,
  },
  {
    title: 'root twice',
    edit: replaced('"root": {', '"root": {"path": "rootfs", "readonly": true}, "root": {'),
    change: (config) => delete (config.root as { readonly?: boolean }).readonly,
    probe: readonlyRoot,
    words: /\/root: is given twice/,
  },
  {
    title: 'root twice, then null',
    edit: replaced('"readonly": false', '"readonly": true, "readonly": null'),
    probe: readonlyRoot,
    words: /\/root\/readonly: is given twice/,
  },
];

for (const { title, edit, probe, change, words } of cases) {
  t.test(`what a configuration restricts by ${title} is in force, or it is refused`, { skip }, async (t) => {
    const bundle = box.bundle((config) => {
      config.process.args = ['sh', '-c', probe];
      change?.(config);
    });
    const file = join(bundle, 'config.json');
    writeFileSync(file, edit(readFileSync(file, 'utf8')));
    const result = box.call(['run', '--bundle', bundle, box.id()]);
    t.notMatch(result.stdout, 'FREE', result.stderr);
    if (kind === 'tsrunc') t.match(result, { status: 1, stderr: words, stdout: '' });
  });
}

t.test('a system call in capitals that a profile restricts', { skip: skipIf(unlike) }, async (t) => {
  const restricted = (action: string) =>
    box.sh('true', (config) => {
      const defaultAction = action === 'SCMP_ACT_ALLOW' ? 'SCMP_ACT_ERRNO' : 'SCMP_ACT_ALLOW';
      config.linux.seccomp = { defaultAction, defaultErrnoRet: 1, syscalls: [{ names: ['sync', 'Sync'], action }] };
      if (defaultAction === 'SCMP_ACT_ALLOW') delete config.linux.seccomp.defaultErrnoRet;
    });
  t.match(restricted('SCMP_ACT_ERRNO'), {
    status: 1,
    stderr: /\/linux\/seccomp\/syscalls\/0\/names\/1: is "Sync", no system call; must be "sync"/,
  });
  t.notMatch(restricted('SCMP_ACT_ALLOW').stderr, /Sync/, 'one that would be allowed takes nothing away');
});

t.test('the process of exec, the resources of update', { skip }, async (t) => {
  const { id } = box.started((config) => (config.process.noNewPrivileges = false));
  const directory = box.directory();
  const file = (text: string): string => {
    writeFileSync(join(directory, 'file.json'), text);
    return join(directory, 'file.json');
  };
  const process = '{"cwd":"/","env":["PATH=/bin"],"args":["grep","NoNewPrivs","/proc/self/status"],';
  const misspelt = box.call(['exec', '--process', file(`${process}"NoNewPrivileges":true}`), id]);
  t.notMatch(misspelt.stdout, /NoNewPrivs:\s0/);
  if (kind === 'tsrunc') t.match(misspelt, { status: 255, stderr: /\/NoNewPrivileges: differs .* "noNewPrivileges"/ });
  if (kind !== 'tsrunc') return;
  for (const [text, words] of [
    ['{"Pids":{"limit":7}}', /\/Pids: differs .* "pids"/],
    ['{"pids":{"limit":7},"pids":{"limit":-1}}', /\/pids: is given twice/],
  ] as const) {
    t.match(box.call(['update', '--resources', file(text), id]), { status: 1, stderr: words });
    t.match(box.call(['update', '--resources', '-', id], { input: text }), { status: 1, stderr: words });
  }
  const mounts = '[{"destination":"/tmp","type":"tmpfs","source":"x","Options":["ro"]}]';
  t.match(box.call(['mounts', 'add', id, file(mounts)]), { status: 1, stderr: /\/mounts\/0\/Options: differs/ });
});

box.end(t);
