/** containerd as Kubernetes uses it, through CRI, with its cases. */
import { equal, match, notEqual, ok } from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { type Case, engine } from '../case.js';
import { command } from '../command.js';
import { CONTAINER, Cri, left, NODE, number, POD, RUNNING } from './cri.js';
import type { Message } from './protobuf.js';

const handlers = (['tsrunc', 'runc'] as const).flatMap((runtime) =>
  (['cgroupfs', 'systemd'] as const).map((driver) => {
    const table = `plugins."io.containerd.cri.v1.runtime".containerd.runtimes.${runtime}-${driver}`;
    const path = runtime === 'tsrunc' ? '/usr/local/bin/tsrunc' : '/usr/sbin/runc';
    const options = `BinaryName = "${path}"\nSystemdCgroup = ${driver === 'systemd'}\n`;
    return `[${table}]\nruntime_type = "io.containerd.runc.v2"\n[${table}.options]\n${options}`;
  }),
);

const configuration = `version = 3
[plugins."io.containerd.cri.v1.runtime".cni]
bin_dirs = ["/usr/lib/cni"]
conf_dir = "/etc/cni/net.d"
[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "docker.io/library/pause:latest"
${handlers.join('')}`;

const ipam = { type: 'host-local', subnet: '10.99.0.0/24', routes: [{ dst: '0.0.0.0/0' }] };
const network = {
  ...{ cniVersion: '1.0.0', name: 'engines' },
  plugins: [{ type: 'bridge', bridge: 'engines0', isGateway: true, ipam }],
};

/** The image of the pod's own container: busybox that sleeps. */
async function makePause(): Promise<void> {
  const image = 'docker.io/library/pause:latest';
  const there = await command(['ctr', '--namespace', 'k8s.io', 'images', 'ls', '--quiet', `name==${image}`]);
  if (there !== '') return;
  const archive = '/var/tmp/engines-pause.tar';
  const rest = ['--change', 'CMD ["/bin/sleep","2147483647"]', '/opt/busybox.tar', image];
  await command(['podman', 'import', '--quiet', ...rest]);
  await command(['podman', 'save', '--quiet', '--format', 'docker-archive', '--output', archive, image]);
  await command(['ctr', '--namespace', 'k8s.io', 'images', 'import', archive]);
  await command(['rm', archive]);
}

const cases: readonly Case<Cri>[] = [
  {
    name: 'handlers: user namespaces and recursive read-only mounts are found',
    async show(cri) {
      const { runtime_handlers } = await cri.call('Status', {});
      const handler = (runtime_handlers as Message[]).find(({ name }) => name === cri.handler);
      const { recursive_read_only_mounts, user_namespaces } = (handler?.features ?? {}) as Message;
      ok(recursive_read_only_mounts && user_namespaces, JSON.stringify(runtime_handlers));
    },
  },
  {
    name: 'pod and container: create, start, exec, log, stop, remove',
    quick: true,
    async show(cri) {
      const pod = await cri.pod();
      const { status } = await cri.call('PodSandboxStatus', { pod_sandbox_id: pod.id });
      equal((status as Message).runtime_handler, cri.handler);
      const line = 'trap "exit 3" TERM; echo started; while :; do sleep 0.1; done';
      const id = await cri.start(pod, ['sh', '-c', line], { log_path: 'log', envs: [{ key: 'A', value: 'b' }] });
      equal((await cri.status(id)).state, RUNNING);
      const done = await cri.exec(id, 'echo "$A"; echo err >&2; exit 4');
      equal(JSON.stringify(done), JSON.stringify({ status: 4, stdout: 'b\n', stderr: 'err\n' }));
      await cri.call('StopContainer', { container_id: id, timeout: 20 });
      const ended = await cri.status(id);
      equal(ended.exit_code, 3);
      match(await readFile(`${pod.config.log_directory}/log`, 'utf8'), / stdout F started\n/);
      await cri.call('RemoveContainer', { container_id: id });
      await cri.call('StopPodSandbox', { pod_sandbox_id: pod.id });
      await cri.call('RemovePodSandbox', { pod_sandbox_id: pod.id });
    },
  },
  {
    name: 'a command that is not there; exec of one; exec that takes too long',
    async show(cri) {
      const pod = await cri.pod();
      const id = await cri.create(pod, ['no-such-command']);
      const error = await cri.call('StartContainer', { container_id: id }).then(
        () => '',
        (reason: Error) => reason.message,
      );
      match(error, /no-such-command.*executable file not found in \$PATH/);
      equal((await cri.status(id)).exit_code, 128);
      const other = await cri.start(pod);
      const exec = (cmd: string[], timeout: number) => cri.call('ExecSync', { container_id: other, cmd, timeout });
      await exec(['no-such-command'], 60).then(
        () => Promise.reject(new Error('it was executed')),
        (reason: Error) => match(reason.message, /executable file not found/),
      );
      await exec(['sleep', '1000'], 1).then(
        () => Promise.reject(new Error('it had no end')),
        (reason: Error) => match(reason.message, /timeout 1s exceeded/),
      );
    },
  },
  {
    name: 'limits, update, stats of container and pod',
    async show(cri) {
      const pod = await cri.pod();
      const resources = { memory_limit_in_bytes: 64 << 20, cpu_quota: 50_000, cpu_period: 100_000, cpu_shares: 512 };
      const id = await cri.start(pod, ['sleep', '1000'], {
        linux: { resources: { ...resources, oom_score_adj: 500 } },
      });
      const read = 'cd /sys/fs/cgroup; cat memory.max cpu.max; cat /proc/self/oom_score_adj';
      equal((await cri.exec(id, read)).stdout, `${64 << 20}\n50000 100000\n500\n`);
      const linux = { memory_limit_in_bytes: 48 << 20, cpu_quota: 25_000, cpu_period: 100_000 };
      await cri.call('UpdateContainerResources', { container_id: id, linux });
      equal((await cri.exec(id, read)).stdout, `${48 << 20}\n25000 100000\n500\n`);
      const stats = (await cri.call('ContainerStats', { container_id: id })).stats as { [name: string]: Message };
      ok(
        number(stats.memory?.usage_bytes) > 0 && number(stats.cpu?.usage_core_nano_seconds) > 0,
        JSON.stringify(stats),
      );
      const ofPod = (await cri.call('PodSandboxStats', { pod_sandbox_id: pod.id })).stats as Message;
      const { process } = ofPod.linux as { process: Message };
      ok(number(process.process_count) >= 1, JSON.stringify(ofPod));
    },
  },
  {
    name: 'a kubelet resizes a container in place',
    async show(cri) {
      // As kubelets send it: the whole each time, with what MemoryQoS and cgroup v2 add.
      const resources = (cpu: number, memory: number): Message => ({
        ...{
          cpu_period: 100_000,
          cpu_quota: cpu * 100,
          cpu_shares: Math.floor((cpu * 1024) / 1000),
          oom_score_adj: 900,
        },
        ...{ memory_limit_in_bytes: memory << 20, memory_swap_limit_in_bytes: memory << 20 },
        hugepage_limits: [{ page_size: '2MB', limit: 0 }],
        unified: {
          'memory.oom.group': '1',
          'memory.min': String((memory / 4) << 20),
          'memory.high': String((memory / 2) << 20),
        },
      });
      const id = await cri.start(await cri.pod(), ['sleep', '1000'], { linux: { resources: resources(500, 64) } });
      const read = 'cd /sys/fs/cgroup; cat memory.oom.group memory.min memory.high memory.max cpu.max';
      const limits = (cpu: number, memory: number) =>
        [1, (memory / 4) << 20, (memory / 2) << 20, memory << 20, `${cpu * 100} 100000\n`].join('\n');
      equal((await cri.exec(id, read)).stdout, limits(500, 64));
      for (const [cpu, memory] of [
        [700, 80],
        [300, 48],
      ] as const) {
        await cri.call('UpdateContainerResources', { container_id: id, linux: resources(cpu, memory) });
        equal((await cri.exec(id, read)).stdout, limits(cpu, memory));
      }
      await cri.call('UpdateContainerResources', {
        container_id: id,
        linux: { cpu_period: 100_000, cpu_quota: 40_000, cpu_shares: 409 },
      });
      equal((await cri.exec(id, read)).stdout, limits(400, 48));
    },
  },
  {
    name: 'an OOM kill is reported as one',
    async show(cri) {
      const pod = await cri.pod();
      const resources = { memory_limit_in_bytes: 24 << 20, memory_swap_limit_in_bytes: 24 << 20 };
      const id = await cri.start(pod, ['tail', '/dev/zero'], { linux: { resources } });
      const { exit_code, reason } = await cri.ended(id);
      equal(exit_code, 137);
      equal(reason, 'OOMKilled');
    },
  },
  {
    name: 'what the containers of a pod share',
    async show(cri) {
      const line = 'for n in net ipc uts; do readlink /proc/self/ns/$n; done; echo $$';
      for (const pid of [POD, CONTAINER]) {
        const pod = await cri.pod({ namespace_options: { network: NODE, pid } });
        const [one, other] = [(await cri.run(pod, line)).log.split('\n'), (await cri.run(pod, line)).log.split('\n')];
        equal(one.slice(0, 3).join(), other.slice(0, 3).join());
        // Not by the number of the namespace: the next container's may be that of one that has ended.
        for (const log of [one, other]) equal(log[3] === '1', pid === CONTAINER);
      }
    },
  },
  {
    name: 'network of its own, host name, sysctls',
    async show(cri) {
      const pod = await cri.pod(
        { namespace_options: { network: POD, pid: CONTAINER } },
        { hostname: 'the-pod', linux: { sysctls: { 'net.ipv4.ip_unprivileged_port_start': '81' } } },
      );
      const { status } = await cri.call('PodSandboxStatus', { pod_sandbox_id: pod.id });
      const { ip } = (status as { network: Message }).network;
      const line = 'hostname; cat /etc/hostname /proc/sys/net/ipv4/ip_unprivileged_port_start; ip -4 -o addr show eth0';
      const { log } = await cri.run(pod, line);
      match(log, /^the-pod\nthe-pod\n81\n/);
      ok(log.includes(`inet ${ip}/24`), log);
    },
  },
  {
    name: 'security: user, groups, capabilities, seccomp, no new privileges, read-only root',
    async show(cri) {
      const pod = await cri.pod();
      const security_context = {
        ...{ run_as_user: { value: 12 }, run_as_group: { value: 34 }, supplemental_groups: [56] },
        ...{ capabilities: { drop_capabilities: ['ALL'], add_capabilities: ['NET_BIND_SERVICE'] } },
        ...{ no_new_privs: true, readonly_rootfs: true, seccomp: { profile_type: 0 } },
      };
      const read = 'grep -E "^(CapBnd|NoNewPrivs|Seccomp):" /proc/self/status';
      const { log } = await cri.run(pod, `id -u; id -G; ${read}; touch /new 2>&1`, { linux: { security_context } });
      const status = 'NoNewPrivs:\t1\nSeccomp:\t2';
      match(log, /^12\n34 56\n/);
      ok(log.includes(`CapBnd:\t0000000000000400\n${status}`), log);
      match(log, /Read-only file system$/);
      const { log: all } = await cri.run(pod, 'ls /dev/vda; grep Seccomp: /proc/self/status', {
        linux: { security_context: { privileged: false, seccomp: { profile_type: 1 } } },
      });
      match(all, /Seccomp:\t0/);
    },
  },
  {
    name: 'privileged',
    async show(cri) {
      const pod = await cri.pod({ privileged: true });
      const { log } = await cri.run(pod, 'ls /dev/vda; mount -t tmpfs none /tmp && echo mounted', {
        linux: { security_context: { privileged: true } },
      });
      equal(log, '/dev/vda\nmounted');
    },
  },
  {
    name: 'mounts: read-only to the bottom, propagation',
    async show(cri) {
      const host_path = `${cri.context.directory}/volume`;
      await mkdir(`${host_path}/below`, { recursive: true });
      await command(['mount', '-t', 'tmpfs', 'engines', host_path]);
      try {
        await command(['mount', '--make-rshared', host_path]);
        await mkdir(`${host_path}/below`);
        await command(['mount', '-t', 'tmpfs', 'engines', `${host_path}/below`]);
        await writeFile(`${host_path}/below/file`, 'content\n');
        const pod = await cri.pod();
        const mounts: Message[] = [
          { host_path, container_path: '/strict', readonly: true, recursive_read_only: true },
          { host_path, container_path: '/slave', propagation: 1 },
        ];
        const line =
          "cat /strict/below/file; touch /strict/below/x 2>&1; grep -c ' /slave .* master:' /proc/self/mountinfo";
        match((await cri.run(pod, line, { mounts })).log, /^content\n.*Read-only file system\n1$/);
      } finally {
        await command(['umount', '--recursive', '--lazy', host_path]);
      }
    },
  },
  {
    name: 'a pod in a user namespace',
    async show(cri) {
      const ids = [{ host_id: 200_000, container_id: 0, length: 65_536 }];
      const userns_options = { mode: POD, uids: ids, gids: ids };
      const host_path = `${cri.context.directory}/volume`;
      await mkdir(host_path);
      const pod = await cri.pod({ namespace_options: { network: POD, pid: CONTAINER, userns_options } });
      const mounts = [{ host_path, container_path: '/volume', uidMappings: ids, gidMappings: ids }];
      const line = "id -u; awk '{ print $2 }' /proc/self/uid_map; stat -c %u /bin/busybox; touch /volume/file";
      const { log, status } = await cri.run(pod, line, { mounts });
      equal(log, '0\n200000\n0');
      equal(number(status.exit_code), 0);
      // The volume is idmapped: root in the pod is root in the volume.
      equal(await command(['stat', '-c', '%u', `${host_path}/file`]), '0');
    },
  },
  {
    name: 'a container that is started again and again',
    async show(cri) {
      const pod = await cri.pod();
      for (let attempt = 0; attempt < 3; attempt++) {
        const { status } = await cri.run(pod, `exit ${attempt + 5}`, { metadata: { name: 'again', attempt } });
        equal(status.exit_code, attempt + 5);
      }
      notEqual(pod.id, '');
    },
  },
];

export const cri = engine<Cri>({
  name: 'cri',
  cases,
  async begin() {
    await mkdir('/etc/containerd', { recursive: true });
    await writeFile('/etc/containerd/config.toml', configuration);
    await mkdir('/etc/cni/net.d', { recursive: true });
    await writeFile('/etc/cni/net.d/10-engines.conflist', JSON.stringify(network));
    await command(['systemctl', 'restart', 'containerd']);
    await makePause();
  },
  async end() {
    await command(['systemctl', 'stop', 'containerd']);
  },
  open: (context) => new Cri(context),
  close: (box) => box.close(),
  left,
});
