/** docker build: with BuildKit, and with the builder before it. */
import { equal, match } from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import type { Case } from '../case.js';
import { command } from '../command.js';
import { configure, environment, restart, setDefault } from './daemon.js';
import type { Docker } from './docker.js';

/** A directory to build from: files copied, commands run as root and as another user, one that sees the result of the last. */
async function sources(docker: Docker): Promise<string> {
  const { directory } = docker.context;
  await writeFile(`${directory}/file`, 'copied\n');
  const lines = [
    'FROM busybox',
    'COPY file /file',
    'RUN tr a-z A-Z < /file > /built && id -u >> /built',
    'USER nobody',
    'WORKDIR /tmp/work',
    'RUN id -u > /tmp/user && cat /built && pwd',
    'CMD ["cat", "/built", "/tmp/user"]',
  ];
  await writeFile(`${directory}/Dockerfile`, `${lines.join('\n')}\n`);
  return directory;
}

async function checkImage(docker: Docker, image: string): Promise<void> {
  const { stdout, stderr } = await docker.run({ Image: image, User: 'root', Cmd: ['cat', '/built', '/tmp/user'] });
  equal(stdout, 'COPIED\n0\n65534\n', stderr);
}

export const buildCases: readonly Case<Docker>[] = [
  {
    name: 'build, with a container for each step',
    alone: true,
    async show(docker) {
      const { driver, runtime, name } = docker.context;
      await setDefault(driver, runtime);
      const directory = await sources(docker);
      await command(['docker', 'build', '-t', name, directory], {
        env: { DOCKER_BUILDKIT: '0' },
        signal: docker.signal,
      });
      await checkImage(docker, name);
    },
  },
  {
    name: 'build, with BuildKit',
    alone: true,
    async show(docker) {
      const { driver, path, name } = docker.context;
      // BuildKit in dockerd takes its runtime from the environment.
      await environment({ DOCKER_BUILDKIT_RUNC_COMMAND: path });
      await configure(driver);
      await restart();
      try {
        const directory = await sources(docker);
        const words = ['docker', 'build', '--progress', 'plain', '--no-cache', '-t', name, directory];
        const { stderr } = await docker.attempt(words.slice(1));
        match(stderr, /65534|naming to/, stderr);
        await checkImage(docker, name);
      } finally {
        await environment({});
        await restart();
      }
    },
  },
];
