// Commands that make no container, run on both architectures: what they print has to be the same.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandTable } from '../../scripts/load-table.mjs';
import { say } from '../../scripts/steps.mjs';

const fixtures = 'test/fixtures/configs';

/** What may differ, and what stands for it in the comparison. */
const mayDiffer = [
  // The machine's own architecture, of which filters are made when none is named, and in the features.
  [/SCMP_ARCH_(X86_64|AARCH64)/g, 'SCMP_ARCH_OWN'],
  // Flags of seccomp(2) are asked of the kernel, and qemu-user doesn't pass that call on.
  [/"supportedFlags": \[[^\]]*\]/g, '"supportedFlags": []'],
  [/"time":"[^"]*"/g, '"time":""'],
];

/** Configurations that are refused: what is wrong with each. */
const mistakes = {
  'no JSON': (text) => text.slice(0, 200),
  'no version': (text) => text.replace('"ociVersion"', '"version"'),
  'a type': (text) => text.replace(/"terminal": \w+/, '"terminal": "yes"'),
  'a relative working directory': (text) => text.replace(/"cwd": "[^"]*"/, '"cwd": "tmp"'),
  'a capability': (text) => text.replace('CAP_KILL', 'CAP_SKILL'),
};

/** Calls with a directory of bundles, one for each configuration. */
function withBundles(work) {
  const directory = mkdtempSync(join(tmpdir(), 'tsrunc-arm64-commands-'));
  const bundle = (name, text) => {
    mkdirSync(join(directory, name, 'rootfs'), { recursive: true });
    writeFileSync(join(directory, name, 'config.json'), text);
    return name;
  };
  try {
    const configs = readdirSync(fixtures).sort();
    const good = configs.map((name) => bundle(name, readFileSync(join(fixtures, name), 'utf8')));
    const plain = readFileSync(join(fixtures, 'runc-spec.json'), 'utf8');
    const bad = Object.entries(mistakes).map(([name, change]) => bundle(`mistake: ${name}`, change(plain)));
    mkdirSync(join(directory, 'twenty'));
    copyFileSync('test/fixtures/bundles/twenty-mistakes/config.json', join(directory, 'twenty/config.json'));
    return work(directory, good, [...bad, 'twenty', 'none']);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What a command line does in a directory: status, output, the file that `spec` writes. */
function outcome(program, cwd, args) {
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
  const [command, ...first] = program;
  const { status, signal, stdout, stderr } = spawnSync(command, [...first, ...args], { cwd, env, encoding: 'utf8' });
  let written = '';
  if (args[0] === 'spec') {
    const file = join(cwd, 'config.json');
    written = readFileSync(file, 'utf8');
    rmSync(file);
  }
  const plain = (text) => mayDiffer.reduce((all, [words, stand]) => all.replace(words, stand), text);
  return { status: status ?? signal, stdout: plain(stdout), stderr: plain(stderr), written: plain(written) };
}

/** The first lines in which two texts differ. */
function difference(one, other) {
  const [left, right] = [one.split('\n'), other.split('\n')];
  const at = left.findIndex((line, index) => line !== right[index]);
  return [`x86-64: ${left[at] ?? '(ends)'}`, `arm64:  ${right[at] ?? '(ends)'}`];
}

/**
 * Runs each command on both.
 * @param tools what crossToolchain returns
 * @returns how many were alike, and the failures as TapResults has them
 */
export function compareCommands({ run }) {
  const here = [join(process.cwd(), 'build/standalone/tsrunc')];
  const there = [...run, join(process.cwd(), 'build/aarch64/tsrunc')];
  const failures = [];
  let passed = 0;
  withBundles((directory, good, bad) => {
    const lines = [
      ...[['--version'], ['--help'], ['features'], ['spec'], ['spec', '--rootless'], ['list'], []],
      ...[['no-such-command'], ['state'], ['state', 'no-such-container'], ['kill', 'no-such-container', 'NOSIG']],
      ...['bash', 'zsh', 'fish'].map((shell) => ['completion', shell]),
      ...commandTable.map(({ name }) => ['help', name]),
      ...good.flatMap((bundle) => [
        ['explain', '--bundle', bundle],
        ['explain', '--format', 'json', '--bundle', bundle],
      ]),
      ...bad.map((bundle) => ['explain', '--bundle', bundle]),
      ...bad.map((bundle) => ['--log-format', 'json', 'explain', '--bundle', bundle]),
    ];
    for (const args of lines) {
      const [one, other] = [here, there].map((program) => outcome(program, directory, args));
      const different = Object.keys(one).filter((part) => one[part] !== other[part]);
      if (different.length === 0) passed++;
      const details = different.flatMap((part) => [`${part}:`, ...difference(String(one[part]), String(other[part]))]);
      if (details.length > 0) failures.push({ where: `tsrunc ${args.join(' ')}`, details });
    }
  });
  say('commands', `${passed} alike, ${failures.length} differ`);
  return { passed, failures };
}
