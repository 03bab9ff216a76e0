/** What engines send with an update, byte for byte as they wrote it to a runtime that kept it. */
export const engineUpdates: Readonly<Record<string, readonly string[]>> = {
  // A kubelet resizes a pod in place, memory.high and memory.min of MemoryQoS, by way of containerd 2.1: always the whole.
  kubelet: [
    '{"devices":[{"allow":false,"access":"rwm"}],"memory":{"limit":83886080,"swap":83886080},"cpu":{"shares":716,"quota":70000,"period":100000},"unified":{"memory.high":"62914560","memory.min":"20971520","memory.oom.group":"1"}}',
    '{"devices":[{"allow":false,"access":"rwm"}],"memory":{"limit":73400320,"swap":73400320},"cpu":{"shares":2,"quota":40000,"period":100000,"cpus":"0"},"unified":{"memory.high":"52428800","memory.min":"10485760","memory.oom.group":"1"}}',
  ],
  // `docker update` 28: what is to change, and nothing at all for --restart.
  dockerd: [
    '{"memory":{"limit":104857600,"swap":157286400}}',
    '{"cpu":{"shares":512,"quota":50000,"period":100000},"pids":{"limit":77}}',
    '{}',
    '{"memory":{"reservation":52428800},"cpu":{"cpus":"0"},"blockIO":{"weight":200}}',
  ],
  // `podman update` 5.8: all that the container has.
  podman: [
    '{"devices":[{"allow":false,"access":"rwm"}],"memory":{"limit":104857600,"swap":209715200},"cpu":{"quota":50000,"period":100000},"pids":{"limit":2048}}',
    '{"devices":[{"allow":false,"access":"rwm"}],"memory":{"limit":104857600,"reservation":52428800,"swap":209715200},"cpu":{"shares":512,"quota":50000,"period":100000,"cpus":"0"},"pids":{"limit":77},"blockIO":{"weight":200}}',
    '{"devices":[{"allow":false,"access":"rwm"}],"memory":{"limit":209715200,"reservation":52428800,"swap":314572800},"cpu":{"shares":512,"quota":50000,"period":100000,"cpus":"0"},"pids":{"limit":77},"blockIO":{"weight":200}}',
  ],
};

/** What the last of an engine's updates leaves in the files of the cgroup, one that had no limits before. */
export const afterEngineUpdates: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  kubelet: {
    'memory.max': '73400320',
    'memory.swap.max': '0',
    'memory.high': '52428800',
    'memory.min': '10485760',
    'memory.oom.group': '1',
    'cpu.weight': '1',
    'cpu.max': '40000 100000',
    'cpuset.cpus': '0',
  },
  dockerd: {
    'memory.max': '104857600',
    'memory.swap.max': '52428800',
    'memory.low': '52428800',
    'cpu.weight': '59',
    'cpu.max': '50000 100000',
    'cpuset.cpus': '0',
    'pids.max': '77',
    'io.weight': 'default 1920',
  },
  podman: {
    'memory.max': '209715200',
    'memory.swap.max': '104857600',
    'memory.low': '52428800',
    'cpu.weight': '59',
    'cpu.max': '50000 100000',
    'cpuset.cpus': '0',
    'pids.max': '77',
    'io.weight': 'default 1920',
  },
};
