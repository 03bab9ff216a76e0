/** Checking and planning take bounded time, whatever a file has thousands of. */
import t from 'tap';
import { TsruncError } from '../../src/base/error.js';
import { loadConfig } from '../../src/config/load.js';
import { validateConfig } from '../../src/library/pure/validate-config.js';
import { explainText } from '../../src/plan/explain/explain.js';
import { planContainer } from '../../src/plan/plan-container.js';
import { options, unifiedRoot } from '../helpers/plan-hosts.js';
import { processorTime } from '../helpers/processor-time.js';

/** Of each kind of value as many; and the time of a processor that they may take, in ms: ten times what most of them do. */
const count = Number(process.env.TSRUNC_COSTS ?? 3000);
const patience = count / 2;

const many = <T>(make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));
const mapOf = <T>(name: (index: number) => string, value: (index: number) => T): Record<string, T> =>
  Object.fromEntries(many((index) => [name(index), value(index)]));

interface Sections {
  readonly process?: object;
  readonly linux?: object;
  readonly mounts?: readonly object[];
  readonly annotations?: object;
  readonly hooks?: object;
  readonly [name: string]: unknown;
}

const user = [{ type: 'user' }, { type: 'mount' }, { type: 'pid' }];
const oneId = [{ containerID: 0, hostID: 1000, size: 1 }];
const capabilities = ['bounding', 'effective', 'permitted', 'inheritable', 'ambient'];
const mount = (index: number, options: readonly string[]) => ({
  destination: `/m${index}`,
  type: 'tmpfs',
  source: 'tmpfs',
  options,
});
const rlimit = (type: string) => ({ type, soft: 1, hard: 1 });

/** Files with many of one kind of value: right, wrong, nearly right, given twice. */
const files: Readonly<Record<string, Sections>> = {
  'unknown names': {
    linux: mapOf(
      (i) => `resourcez${i}`,
      () => 1,
    ),
  },
  'unknown names at the top': mapOf(
    (i) => `mountz${i}`,
    () => 1,
  ),
  'unknown names of mounts': { mounts: many((i) => ({ ...mount(i, []), destinatoin: '/a' })) },
  'unknown rlimits': { process: { rlimits: many((i) => rlimit(`RLIMIT_NOFIL${i}`)) } },
  'rlimits given again and again': { process: { rlimits: many(() => rlimit('RLIMIT_NOFILE')) } },
  'rlimits of which none is an object': { process: { rlimits: many((i) => i) } },
  'unknown capabilities': {
    process: { capabilities: Object.fromEntries(capabilities.map((set) => [set, many((i) => `CAP_SYS_ADMI${i}`)])) },
  },
  'capabilities given again and again': {
    process: { capabilities: Object.fromEntries(capabilities.map((set) => [set, many(() => 'CAP_CHOWN')])) },
  },
  'capabilities that the bounding set lacks': {
    process: {
      capabilities: {
        bounding: [],
        effective: many(() => 'CAP_CHOWN'),
        permitted: many(() => 'CAP_KILL'),
        ambient: many(() => 'CAP_CHOWN'),
      },
    },
  },
  environment: { process: { env: many((i) => `A${i}=b`) } },
  'an environment of one name': { process: { env: many(() => 'A=b') } },
  'an environment without values': { process: { env: many((i) => `A${i}`) } },
  arguments: { process: { args: many((i) => `${i}`) } },
  groups: { process: { user: { uid: 0, gid: 0, additionalGids: many((i) => i) } } },
  'groups that are not mapped': {
    process: { user: { uid: 0, gid: 0, additionalGids: many((i) => i + 1) } },
    linux: {
      namespaces: user,
      uidMappings: many((i) => ({ containerID: i * 2, hostID: i * 2, size: 1 })),
      gidMappings: many((i) => ({ containerID: i * 2, hostID: i * 2, size: 1 })),
    },
  },
  mounts: { mounts: many((i) => mount(i, ['ro', 'nosuid'])) },
  'mounts at one place': { mounts: many(() => mount(0, ['ro'])) },
  'mounts within each other': { mounts: many((i) => ({ ...mount(i, []), destination: `/a${'/b'.repeat(i % 100)}` })) },
  'mounts of misspelt types': { mounts: many((i) => ({ ...mount(i, []), type: `tmpfz${i % 7}` })) },
  'misspelt options': {
    mounts: [
      mount(
        0,
        many((i) => `nosuit${i}`),
      ),
    ],
  },
  'misspelt parameters': {
    mounts: [
      mount(
        0,
        many((i) => `siz${i % 10}=1`),
      ),
    ],
  },
  'options in a word': { mounts: [mount(0, [many((i) => `siz${i}=1`).join(',')])] },
  'options given again and again': {
    mounts: [
      mount(
        0,
        many((i) => (i % 2 === 0 ? 'ro' : 'rw')),
      ),
    ],
  },
  'access times': {
    mounts: [
      mount(
        0,
        many((i) => ['noatime', 'relatime', 'strictatime'][i % 3]!),
      ),
    ],
  },
  'ids in options that are not mapped': {
    mounts: many((i) => mount(i, [`uid=${i + 1}`, `gid=${i + 1}`])),
    linux: {
      namespaces: user,
      uidMappings: many((i) => ({ containerID: i * 2, hostID: i * 2, size: 1 })),
      gidMappings: oneId,
    },
  },
  'id maps in options': { mounts: [mount(0, [`idmap=uids=${many((i) => `${i}-${i}-1`).join('#')};gids=0-0-1`])] },
  'id maps in options of the container': {
    linux: {
      namespaces: user,
      uidMappings: many((i) => ({ containerID: i * 2, hostID: i * 2, size: 1 })),
      gidMappings: oneId,
    },
    mounts: [{ ...mount(0, ['bind', `idmap=uids=${many((i) => `@${i}-${(i * 2) % 40000}-1`).join('#')};gids=0-0-1`]) }],
  },
  namespaces: { linux: { namespaces: many(() => ({ type: 'mount' })) } },
  'unknown namespaces': { linux: { namespaces: many((i) => ({ type: `mnt${i}` })) } },
  'id maps': {
    linux: { namespaces: user, uidMappings: many((i) => ({ containerID: i, hostID: i, size: 1 })), gidMappings: oneId },
  },
  'id maps over each other': {
    linux: { namespaces: user, uidMappings: many(() => ({ containerID: 0, hostID: 0, size: 10 })), gidMappings: oneId },
  },
  devices: { linux: { devices: many((i) => ({ type: 'c', path: `/dev/a${i}`, major: 1, minor: 3 })) } },
  'devices at one place': { linux: { devices: many(() => ({ type: 'c', path: '/dev/a', major: 1, minor: 3 })) } },
  'device rules': {
    linux: {
      resources: { devices: many((i) => ({ allow: i % 2 === 0, type: 'c', major: 1, minor: i, access: 'rwm' })) },
    },
  },
  'device rules given again and again': {
    linux: { resources: { devices: many(() => ({ allow: true, type: 'c', major: 1, minor: 3, access: 'r' })) } },
  },
  'paths to mask': { linux: { maskedPaths: many((i) => `/proc/a${i}`), readonlyPaths: many((i) => `/proc/a${i}`) } },
  'paths to mask again and again': {
    linux: { maskedPaths: many(() => '/proc/a'), readonlyPaths: many(() => '/proc/a') },
  },
  sysctls: {
    linux: {
      sysctl: mapOf(
        (i) => `net.a${i}`,
        () => '1',
      ),
    },
  },
  'sysctls that are none': {
    linux: {
      sysctl: mapOf(
        (i) => `kernel.msgma${i}`,
        () => '1',
      ),
    },
  },
  'system calls': {
    linux: {
      seccomp: { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names: many(() => 'read'), action: 'SCMP_ACT_ALLOW' }] },
    },
  },
  'unknown system calls': {
    linux: {
      seccomp: {
        defaultAction: 'SCMP_ACT_ERRNO',
        syscalls: [{ names: many((i) => `open${i}`), action: 'SCMP_ACT_ALLOW' }],
      },
    },
  },
  'rules for system calls': {
    linux: {
      seccomp: {
        defaultAction: 'SCMP_ACT_ERRNO',
        syscalls: many((i) => ({
          names: ['read', 'openat'],
          action: 'SCMP_ACT_ALLOW',
          args: [{ index: 0, value: i, op: 'SCMP_CMP_EQ' }],
        })),
      },
    },
  },
  'rules for the same again and again': {
    linux: {
      seccomp: {
        defaultAction: 'SCMP_ACT_ERRNO',
        syscalls: many(() => ({ names: ['read'], action: 'SCMP_ACT_ALLOW' })),
      },
    },
  },
  'rules of unknown actions': {
    linux: {
      seccomp: {
        defaultAction: 'SCMP_ACT_ERRNO',
        syscalls: many((i) => ({ names: ['read'], action: `SCMP_ACT_ALLO${i}` })),
      },
    },
  },
  architectures: {
    linux: { seccomp: { defaultAction: 'SCMP_ACT_ALLOW', architectures: many(() => 'SCMP_ARCH_X86') } },
  },
  'unknown architectures': {
    linux: { seccomp: { defaultAction: 'SCMP_ACT_ALLOW', architectures: many((i) => `SCMP_ARCH_X8${i}`) } },
  },
  annotations: {
    annotations: mapOf(
      (i) => `a${i}`,
      () => 'b',
    ),
  },
  'annotations that nobody knows': {
    annotations: mapOf(
      (i) => `run.oci.handle${i}`,
      () => 'b',
    ),
  },
  'properties of systemd': {
    annotations: mapOf(
      (i) => `org.systemd.property.A${i}`,
      () => "'b'",
    ),
  },
  hooks: { hooks: { prestart: many(() => ({ path: '/bin/true' })), poststop: many((i) => ({ path: `a${i}` })) } },
  'files of cgroups': {
    linux: {
      resources: {
        unified: mapOf(
          (i) => `memory.a${i}`,
          () => '1',
        ),
      },
    },
  },
  'limits of huge pages': { linux: { resources: { hugepageLimits: many(() => ({ pageSize: '2MB', limit: 1 })) } } },
  'limits of devices': {
    linux: {
      resources: {
        blockIO: {
          throttleReadBpsDevice: many((i) => ({ major: 8, minor: i, rate: 1 })),
          weightDevice: many(() => ({ major: 8, minor: 0, weight: 10 })),
        },
      },
    },
  },
  'limits of RDMA': {
    linux: {
      resources: {
        rdma: mapOf(
          (i) => `mlx${i}`,
          () => ({ hcaHandles: 1 }),
        ),
      },
    },
  },
  'priorities of interfaces': {
    linux: { resources: { network: { priorities: many((i) => ({ name: `eth${i}`, priority: 1 })) } } },
  },
  'network devices': {
    linux: {
      netDevices: mapOf(
        (i) => `eth${i}`,
        () => ({ name: 'eth0' }),
      ),
    },
  },
  'a list of CPUs': { linux: { resources: { cpu: { cpus: many(() => '0-8191').join(',') } } } },
  'memory nodes': {
    linux: {
      memoryPolicy: {
        mode: 'MPOL_BIND',
        nodes: many(() => '0-1000').join(','),
        flags: many(() => 'MPOL_F_STATIC_NODES'),
      },
    },
  },
  schemata: { linux: { intelRdt: { closID: 'a', schemata: many(() => 'L3:0=f') } } },
  'flags of a scheduler': {
    process: { scheduler: { policy: 'SCHED_OTHER', flags: many(() => 'SCHED_FLAG_KEEP_ALL') } },
  },
  personality: { linux: { personality: { domain: 'LINUX', flags: many(() => 'A') } } },
  nulls: { process: { env: many(() => null) }, mounts: many(() => ({ destination: null, type: null })) as object[] },
  'a long word': { mounts: [mount(0, ['a'.repeat(count * 10)])], linux: { ['r'.repeat(count * 10)]: 1 } },
  'long paths': {
    mounts: [{ ...mount(0, []), destination: '/a'.repeat(count * 5) }],
    linux: { maskedPaths: ['/../a'.repeat(count)] },
  },
};

function textOf({ process, linux, ...sections }: Sections): string {
  return JSON.stringify({
    ociVersion: '1.3.0',
    root: { path: 'rootfs' },
    process: { cwd: '/', args: ['sh'], ...process },
    linux: { namespaces: [{ type: 'mount' }, { type: 'pid' }], ...linux },
    ...sections,
  });
}

for (const [name, sections] of Object.entries(files)) {
  t.test(`${count} times: ${name}`, async (t) => {
    const text = textOf(sections);
    const validated = processorTime(() => validateConfig(text, { advise: true }));
    const planned = processorTime(() => {
      try {
        const { spec } = loadConfig(text, 'config.json');
        explainText(planContainer(spec, options, unifiedRoot), spec);
      } catch (error) {
        if (!(error instanceof TsruncError) || !['config', 'unsupported'].includes(error.code)) throw error;
      }
    });
    const figures = `${Math.round(validated)} ms to validate, ${Math.round(planned)} ms to plan`;
    if (process.env.TSRUNC_COSTS) console.error(`${figures}: ${name}`);
    t.ok(validated < patience && planned < patience, figures);
  });
}

t.test('long texts that are no JSON', async (t) => {
  const texts: Readonly<Record<string, string>> = {
    'open brackets': '['.repeat(count * 10),
    'open objects': '{"a":'.repeat(count * 5),
    'open quotes': '"'.repeat(count * 10),
    backslashes: `"${'\\'.repeat(count * 20)}`,
    escapes: `"${'\\u00e9'.repeat(count * 5)}`,
    digits: '1'.repeat(count * 20),
    'long integers': `[${many(() => '12345678901234567890').join(',')}`,
    'names given again and again': `{${many(() => '"a":1').join(',')}}`,
    'objects with names given again': `[${many(() => '{"a":1,"a":2}').join(',')}]`,
    'white space': ' '.repeat(count * 20),
    lines: `${'\n'.repeat(count * 20)}x`,
    'halves of pairs': JSON.stringify({ a: '\ud800'.repeat(count) }),
    colons: `{"a":"${':'.repeat(count * 10)}"}`,
    nul: `{"a":"${'\\u0000'.repeat(count)}"}`,
  };
  for (const [name, text] of Object.entries(texts)) {
    const time = processorTime(() => validateConfig(text));
    if (process.env.TSRUNC_COSTS) console.error(`${Math.round(time)} ms: ${name}`);
    t.ok(time < patience, `${name}: ${Math.round(time)} ms`);
  }
});
