import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import t from 'tap';
import { rowsOf } from '../../../src/cli/commands/ps.js';
import { runCli, stateFile } from '../../helpers/cli-fake.js';

const running = { files: { '/run/tsrunc/web/state.json': stateFile() }, alive: { 4321: 99 } };

t.test('--version', async (t) => {
  for (const flag of ['--version', '-v', '-version']) {
    const { code, stdout, stderr } = runCli([flag]);
    t.equal(code, 0);
    t.equal(stderr, '');
    t.match(
      stdout,
      /^tsrunc version \d+\.\d+\.\d+\n(commit: [0-9a-f]+\n)?spec: 1\.3\.0\nhost: test 1\nlibseccomp: 2\.5\.5\n$/,
    );
    t.equal(stdout.split('version').length, 2, 'dockerd splits every line at the word');
  }
});

t.test('state', async (t) => {
  const { code, stdout, stderr } = runCli(['state', 'web'], running);
  t.equal(code, 0);
  t.equal(stderr, '');
  t.equal(
    stdout,
    `{
  "ociVersion": "1.3.0",
  "id": "web",
  "pid": 4321,
  "status": "running",
  "bundle": "/srv/web",
  "rootfs": "/srv/web/rootfs",
  "created": "2026-01-31T23:59:59.123456789Z",
  "owner": ""
}
`,
  );
});

t.test('state of a stopped container, with annotations', async (t) => {
  const files = { '/run/tsrunc/web/state.json': stateFile({ annotations: { b: '<&>', a: '' } }) };
  // The pid is taken again, by a process that was started later.
  const { stdout } = runCli(['state', 'web'], { files, alive: { 4321: 100 } });
  const keys = Object.keys(JSON.parse(stdout));
  t.strictSame(keys, ['ociVersion', 'id', 'pid', 'status', 'bundle', 'rootfs', 'created', 'annotations', 'owner']);
  t.match(JSON.parse(stdout), { pid: 0, status: 'stopped', annotations: { b: '<&>', a: '' } });
});

t.test('list', async (t) => {
  const files = {
    '/run/tsrunc/web/state.json': stateFile(),
    '/run/tsrunc/a-container-with-a-long-name/state.json': stateFile({
      id: 'a-container-with-a-long-name',
      pid: 0,
      owner: 1000,
    }),
  };
  const machine = { files, alive: { 4321: 99 } };
  t.equal(
    runCli(['list'], machine).stdout,
    `ID                             PID         STATUS      BUNDLE      CREATED                          OWNER
a-container-with-a-long-name   0           stopped     /srv/web    2026-01-31T23:59:59.123456789Z   #1000
web                            4321        running     /srv/web    2026-01-31T23:59:59.123456789Z   root
`,
  );
  t.equal(runCli(['list', '-q'], machine).stdout, 'a-container-with-a-long-name\nweb\n');
  const json = runCli(['list', '--format=json'], machine).stdout;
  t.match(json, /^\[\{"ociVersion":"1\.3\.0","id":"a-container-with-a-long-name","pid":0,"status":"stopped",.*\}\]\n$/);
  t.strictSame(
    JSON.parse(json).map(({ owner }: { owner: string }) => owner),
    ['#1000', 'root'],
  );
});

t.test('list without containers', async (t) => {
  t.equal(runCli(['list']).stdout, 'ID          PID         STATUS      BUNDLE      CREATED     OWNER\n');
  t.equal(runCli(['list', '-f', 'json']).stdout, 'null\n');
  t.equal(runCli(['list', '--quiet']).stdout, '');
  const missing = runCli(['--root', '/nowhere', 'list']);
  t.equal(missing.code, 1);
  t.equal(missing.stderr, 'open /nowhere: no such file or directory\n');
  t.equal(runCli(['--root', '/some', 'list', '-f', 'json'], { directories: ['/some'] }).stdout, 'null\n');
});

t.test('list shows the good containers beside a damaged one', async (t) => {
  const files = { '/run/tsrunc/bad/state.json': '{', '/run/tsrunc/web/state.json': stateFile() };
  const { code, stdout, stderr } = runCli(['list', '-q'], { files, alive: { 4321: 99 } });
  t.equal(code, 0);
  t.equal(stdout, 'web\n');
  t.match(stderr, /bad.*damaged/);
});

t.test('the rows of ps that belong to a container', async (t) => {
  const output = `UID          PID    PPID  C STIME TTY          TIME CMD
root           1       0  0 10:00 ?        00:00:01 init
root        4321       1  0 10:01 ?        00:00:00 sh -c 43
root          43       1  0 10:01 ?        00:00:00 sleep 4321
`;
  t.equal(
    rowsOf(output, new Set([4321, 5])),
    `UID          PID    PPID  C STIME TTY          TIME CMD
root        4321       1  0 10:01 ?        00:00:00 sh -c 43
`,
  );
  t.equal(rowsOf('    PID CMD\n      7 sh\n', new Set([7])), '    PID CMD\n      7 sh\n');
  t.throws(() => rowsOf('CMD\nsh\n', new Set([7])), { message: /PID/ });
});

t.test('spec', async (t) => {
  const made = runCli(['spec']);
  t.strictSame([made.code, made.stdout, made.stderr], [0, '', '']);
  const text = made.machine.files['/work dir/config.json'] ?? '';
  t.match(text, /^\{\n\t"ociVersion": "1\.3\.0",\n\t"process": \{\n\t\t"terminal": true,/);
  t.match(text, /\n\}$/);
  const spec = JSON.parse(text);
  t.strictSame(
    spec.linux.namespaces.map(({ type }: { type: string }) => type),
    ['pid', 'network', 'ipc', 'uts', 'mount'],
  );
  t.equal(spec.linux.maskedPaths.length, 10);
  t.equal(spec.linux.readonlyPaths.length, 5);
  t.equal(spec.process.capabilities.ambient, undefined);
  t.equal(spec.process.capabilities.inheritable, undefined);
  t.strictSame(spec.linux.resources, { devices: [{ allow: false, access: 'rwm' }] });

  const again = runCli(['spec'], { files: { '/work dir/config.json': '{}' } });
  t.equal(again.code, 1);
  t.match(again.stderr, /^File .*config\.json exists\. Remove it first\n$/);
  t.equal(again.machine.files['/work dir/config.json'], '{}');

  const elsewhere = runCli(['spec', '--bundle', '/b'], { cgroup2: true, directories: ['/sys/fs/cgroup'] });
  const unified = JSON.parse(elsewhere.machine.files['/b/config.json'] ?? '');
  t.equal(unified.linux.namespaces.at(-1).type, 'cgroup');
});

t.test('spec --rootless', async (t) => {
  const { machine } = runCli(['spec', '--rootless'], { euid: 1000 });
  const spec = JSON.parse(machine.files['/work dir/config.json'] ?? '');
  t.strictSame(spec.linux.uidMappings, [{ containerID: 0, hostID: 1000, size: 1 }]);
  t.strictSame(spec.linux.gidMappings, [{ containerID: 0, hostID: 1000, size: 1 }]);
  t.strictSame(
    spec.linux.namespaces.map(({ type }: { type: string }) => type),
    ['pid', 'ipc', 'uts', 'mount', 'user'],
  );
  t.equal(spec.linux.resources, undefined);
  const at = (destination: string) =>
    spec.mounts.find((mount: { destination: string }) => mount.destination === destination);
  t.match(at('/sys'), { type: 'none', source: '/sys', options: ['rbind', 'nosuid', 'noexec', 'nodev', 'ro'] });
  t.notOk(at('/dev/pts').options.includes('gid=5'));
});

t.test('spec of a program, without a terminal', async (t) => {
  const processOf = (...argv: string[]) =>
    JSON.parse(runCli(['spec', ...argv]).machine.files['/work dir/config.json'] ?? '').process;
  t.match(processOf('--no-terminal', '--', 'sleep', '1000'), { terminal: false, args: ['sleep', '1000'] });
  t.strictSame(processOf('--', 'sh', '-c', 'echo --no-terminal', '--').args, ['sh', '-c', 'echo --no-terminal', '--']);
  t.match(processOf('--', 'top'), { terminal: true, args: ['top'] });
  t.match(processOf('--no-terminal'), { terminal: false, args: ['sh'] });
  t.match(runCli(['spec', '--', '']).stderr, /the name of the program is empty/);
});

t.test('spec without root maps all ids that the user may map', async (t) => {
  const helpers = { '/usr/bin/newuidmap': '', '/usr/bin/newgidmap': '' };
  const ranges = {
    '/etc/subuid': 'other:100000:65536\n1000:200000:1000\n# comment\n1000:0:0\n1000:400000:2000\n',
    '/etc/subgid': '1000:300000:65536\n',
  };
  const specOf = (files: Record<string, string>, ...argv: string[]) =>
    JSON.parse(runCli(['spec', ...argv], { files, euid: 1000 }).machine.files['/work dir/config.json'] ?? '');
  const { linux, mounts } = specOf({ ...helpers, ...ranges });
  t.strictSame(linux.uidMappings, [
    { containerID: 0, hostID: 1000, size: 1 },
    { containerID: 1, hostID: 200000, size: 1000 },
    { containerID: 1001, hostID: 400000, size: 2000 },
  ]);
  t.strictSame(linux.gidMappings, [
    { containerID: 0, hostID: 1000, size: 1 },
    { containerID: 1, hostID: 300000, size: 65536 },
  ]);
  t.equal(linux.namespaces.at(-1).type, 'user');
  const pts = mounts.find((mount: { destination: string }) => mount.destination === '/dev/pts');
  t.ok(pts.options.includes('gid=5'), 'the group of terminals is mapped');
  const own = [{ containerID: 0, hostID: 1000, size: 1 }];
  for (const [what, files] of Object.entries({
    'no newuidmap': { ...ranges, '/usr/bin/newgidmap': '' },
    'no range of gids': { ...helpers, '/etc/subuid': ranges['/etc/subuid'] },
    'no files': helpers,
  }))
    t.strictSame([specOf(files).linux.uidMappings, specOf(files).linux.gidMappings], [own, own], what);
  t.strictSame(specOf({ ...helpers, ...ranges }, '--rootless').linux.uidMappings, own, '--rootless: as runc');
});

t.test('list --format with columns and templates', async (t) => {
  const files = {
    '/run/tsrunc/web/state.json': stateFile({ annotations: { a: 'b' }, created: '2023-11-14T22:03:20.5Z' }),
  };
  const machine = { files, alive: { 4321: 99 } };
  const listed = (format: string) => runCli(['list', '--format', format], machine);
  t.equal(listed('id,pid,status').stdout, 'ID          PID         STATUS\nweb         4321        running\n');
  t.equal(listed('Age,OWNER').stdout, 'AGE         OWNER\n10m         root\n');
  t.equal(listed('{{.ID}} {{.Status}}').stdout, 'web running\n');
  t.equal(listed('{{ .id }}\\t{{.Pid}}\\n{{.Annotations}}').stdout, 'web\t4321\na=b\n');
  t.equal(listed('{{json .Annotations}}').stdout, '{"a":"b"}\n');
  t.match(JSON.parse(listed('{{json .}}').stdout), { id: 'web', pid: 4321, ociVersion: '1.3.0', age: '10m' });
  t.match(listed('id,state').stderr, /there is no column "state"; .*id, pid, status, bundle/);
  t.match(listed('id,statsu').stderr, /did you mean status\?/);
  t.match(listed('yaml').stderr, /give table, json, or some of id/);
  t.match(listed('{{.Name}}').stderr, /"\.Name" is no field; fields are \.id, \.pid/);
  t.match(listed('{{range .}}x{{end}}').stderr, /"range \." is no field/);
  t.match(listed('{{.ID').stderr, /"\{\{" has no "\}\}"/);
  t.match(listed('table {{.ID}}').stderr, /name columns/);
  for (const bad of ['', 'id,', 'id,state', '{{.}}', '{{json}}']) t.equal(listed(bad).code, 1, bad);
  t.equal(runCli(['list', '--format', 'id,age']).stdout, 'ID          AGE\n', 'no containers');
  t.equal(runCli(['list', '--format', '{{.ID}}']).stdout, '');
});

t.test('the root directory', async (t) => {
  const rootOf = (argv: string[], change: Parameters<typeof runCli>[1]) =>
    /container.*|open (\S+):.*/.exec(runCli([...argv, 'state', 'web'], change).stderr)?.[0];
  const at = (directory: string) => ({ files: { [`${directory}/web/state.json`]: stateFile() } });
  const XDG_RUNTIME_DIR = '/run/user/1000';
  t.equal(rootOf([], at('/run/tsrunc')), undefined, 'root');
  t.equal(rootOf([], { ...at('/run/tsrunc'), env: { XDG_RUNTIME_DIR } }), undefined, 'root, with XDG_RUNTIME_DIR');
  t.equal(rootOf([], { ...at('/run/user/1000/tsrunc'), env: { XDG_RUNTIME_DIR }, euid: 1000 }), undefined, 'a user');
  const guest = at('/run/user/1000/tsrunc').files;
  guest['/proc/self/uid_map'] = '         0       1000          1\n';
  t.equal(rootOf([], { files: guest, env: { XDG_RUNTIME_DIR } }), undefined, 'root of a user namespace');
  t.equal(rootOf(['--root', 'rel/../r/'], at('/work dir/r')), undefined, 'a relative one');
  t.match(runCli(['--root=/', 'list']).stderr, /--root must not be \//);
  t.match(runCli(['--root=/a/..', 'list']).stderr, /--root must not be \//);
  t.match(runCli(['--root=', 'list']).stderr, /--root is empty/);
});

t.test('features', async (t) => {
  const files = { '/proc/sys/kernel/cap_last_cap': '39\n' };
  const { code, stdout, stderr } = runCli(['features'], { files });
  t.same(JSON.parse(stdout).potentiallyUnsafeConfigAnnotations, [
    'org.criu.config',
    'org.systemd.property.',
    'run.oci.',
  ]);
  t.strictSame([code, stderr], [0, '']);
  t.match(
    stdout,
    /^\{\n {4}"ociVersionMin": "1\.0\.0",\n {4}"ociVersionMax": "1\.3\.0",\n {4}"hooks": \[\n {8}"prestart",/,
  );
  const document = JSON.parse(stdout);
  t.ok(document.mountOptions.includes('rro'), 'what containerd wants for recursive read-only mounts');
  t.equal(document.linux.mountExtensions.idmap.enabled, true, 'what containerd wants for user namespaces');
  t.strictSame(document.mountOptions, [...document.mountOptions].sort());
  t.equal(document.linux.capabilities.length, 40);
  t.equal(document.linux.capabilities.at(-1), 'CAP_BPF');
  t.ok(document.linux.namespaces.includes('time'));

  const ajv = new Ajv({ strict: false });
  ajv.addKeyword({ keyword: 'known', validate: (list: string[], value: unknown) => list.includes(String(value)) });
  for (const name of readdirSync('spec-schemas'))
    ajv.addSchema(JSON.parse(readFileSync(`spec-schemas/${name}`, 'utf8')));
  t.equal(ajv.validate('features.schema.json', document), true, ajv.errorsText());
});
