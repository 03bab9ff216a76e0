/** buildah, with its cases. */
import { equal, match, notEqual } from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Case, type Context, engine, type Runtime } from '../case.js';
import { attempt, command, inTerminal, type Outcome } from '../command.js';
import { traces } from '../traces.js';

const gone: Record<Runtime, string[]> = { tsrunc: [], runc: [] };

/** What a case works with: working containers and images, which are gone when it has ended. */
class Buildah {
  readonly context: Context;
  readonly #containers: string[] = [];
  readonly #images: string[] = [];

  constructor(context: Context) {
    this.context = context;
  }

  get signal(): AbortSignal {
    return this.context.signal;
  }

  async cli(...words: readonly string[]): Promise<string> {
    return await command(['buildah', ...words], { signal: this.signal });
  }

  /** A working container. */
  async pointer(): Promise<string> {
    const name = await this.cli(
      'from',
      '--pull=never',
      '--name',
      `${this.context.name}-${this.#containers.length}`,
      'busybox',
    );
    this.#containers.push(name);
    return name;
  }

  #run(flags: readonly string[], name: string, words: readonly string[]): string[] {
    const network = flags.some((flag) => flag.startsWith('--network')) ? [] : ['--network', 'none'];
    return ['buildah', 'run', '--runtime', this.context.path, ...network, ...flags, name, '--', ...words];
  }

  async run(flags: readonly string[], name: string, ...words: readonly string[]): Promise<Outcome> {
    return await attempt(this.#run(flags, name, words), { signal: this.signal });
  }

  async terminal(flags: readonly string[], name: string, ...words: readonly string[]) {
    return await inTerminal(this.#run(flags, name, words), [], { signal: this.signal });
  }

  /** Builds an image of a Containerfile; returns its name, and what was printed. */
  async build(containerfile: string, ...flags: readonly string[]): Promise<Outcome & { image: string }> {
    const image = `localhost/${this.context.name}-image-${this.#images.length}`;
    this.#images.push(image);
    const directory = join(this.context.directory, 'build');
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'Containerfile'), containerfile);
    const words = ['bud', '--runtime', this.context.path, '--network', 'none', '--pull=never', '--tag', image];
    return { image, ...(await attempt(['buildah', ...words, ...flags, directory], { signal: this.signal })) };
  }

  async close(): Promise<void> {
    gone[this.context.runtime].push(this.context.name);
    if (this.#containers.length > 0) await attempt(['buildah', 'rm', ...this.#containers]);
    if (this.#images.length > 0) await attempt(['buildah', 'rmi', '--force', ...this.#images]);
  }
}

const cases: readonly Case<Buildah>[] = [
  {
    name: 'from, run, commit',
    async show(buildah) {
      const name = await buildah.pointer();
      const { status, stdout, stderr } = await buildah.run(
        [],
        name,
        'sh',
        '-c',
        'id -u; echo kept > /kept; echo e >&2',
      );
      equal(status, 0, stderr);
      equal(stdout, '0\n');
      equal(stderr, 'e\n');
      equal(
        (await buildah.run(['--user', '7:8', '--workingdir', '/tmp'], name, 'sh', '-c', 'id -u; pwd; cat /kept'))
          .stdout,
        '7\n/tmp\nkept\n',
      );
      equal((await buildah.run([], name, 'sh', '-c', 'exit 4')).status, 4);
      notEqual((await buildah.run([], name, 'no-such-command')).status, 0);
    },
  },
  {
    name: 'run: terminal',
    async show(buildah) {
      const name = await buildah.pointer();
      const { status, output } = await buildah.terminal(['--terminal'], name, 'sh', '-c', 'tty; exit 3');
      match(output, /\/dev\/(pts\/\d|console)/);
      equal(status, 3);
    },
  },
  {
    name: 'run: volumes, capabilities, isolation of namespaces',
    async show(buildah) {
      const name = await buildah.pointer();
      await writeFile(join(buildah.context.directory, 'file'), 'bound\n');
      const flags = ['--volume', `${buildah.context.directory}:/v:ro`, '--cap-drop', 'CAP_CHOWN'];
      const line = "cat /v/file; awk '/^CapEff/ { print $2 }' /proc/self/status; ls /sys/class/net; hostname";
      const { stdout } = await buildah.run([...flags, '--hostname', 'built'], name, 'sh', '-c', line);
      // CAP_CHOWN is bit 0.
      match(stdout, /^bound\n[0-9a-f]{15}[02468ace]\nlo\nbuilt\n$/);
    },
  },
  {
    name: 'bud: RUN of all kinds',
    async show(buildah) {
      await mkdir(join(buildah.context.directory, 'build'), { recursive: true });
      await writeFile(join(buildah.context.directory, 'build/copied'), 'copied\n');
      const { image, status, stdout, stderr } = await buildah.build(
        [
          'FROM busybox AS first',
          'ARG WORD=default',
          'ENV PLACE=/place',
          'RUN mkdir $PLACE && echo $WORD > $PLACE/word',
          'RUN ["sh", "-c", "echo exec form"]',
          'FROM busybox',
          'COPY --from=first /place /place',
          'COPY copied /place/',
          'USER 9',
          'WORKDIR /tmp',
          'RUN --mount=type=tmpfs,target=/scratch df /scratch | grep -c tmpfs; id -u; pwd',
          'RUN cat /place/word /place/copied',
        ].join('\n'),
        '--build-arg',
        'WORD=given',
      );
      equal(status, 0, stderr);
      match(stdout + stderr, /exec form[\s\S]*\n1\n9\n\/tmp\n[\s\S]*given\ncopied/);
      match(await buildah.cli('inspect', '--type', 'image', '--format', '{{.OCIv1.Config.User}}', image), /^9$/);
    },
  },
  {
    name: 'bud: limits, and a RUN that fails',
    async show(buildah) {
      const flags = ['--memory', '48m', '--ulimit', 'nofile=77:77', '--shm-size', '1m', '--no-cache'];
      const limits = 'cat /sys/fs/cgroup/memory.max; ulimit -n; df -k /dev/shm | tail -1';
      const { stdout, stderr, status } = await buildah.build(`FROM busybox\nRUN ${limits}\nRUN exit 6`, ...flags);
      match(stdout, new RegExp(`${48 << 20}\\n77\\n\\S+ +1024`));
      equal(status, 6);
      match(stderr, /exit status 6/);
    },
  },
];

export const buildah = engine<Buildah>({
  name: 'buildah',
  cases,
  async begin() {},
  async end() {},
  open: (context) => new Buildah(context),
  close: (box) => box.close(),
  async left(runtime) {
    const store = `/run/${runtime}`;
    const states = await attempt(['find', store, '-mindepth', '1', '-maxdepth', '1', '-name', 'buildah-*']);
    return [...states.stdout.split('\n').filter(Boolean), ...(await traces(gone[runtime]))];
  },
});
