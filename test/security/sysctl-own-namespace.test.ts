// A namespace joined by path can be the runtime's own: parameters of the kernel then went to the host. Asserted: refused, and
// the host's value stays.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);

const parameters = [
  { type: 'network', file: 'net', name: 'net.ipv4.ip_local_port_range', value: '32768\t60998' },
  { type: 'ipc', file: 'ipc', name: 'kernel.msgmax', value: '8193' },
] as const;

for (const { type, file, name, value } of parameters) {
  t.test(
    `${name} in the host's ${type} namespace`,
    { skip: skipIf(differs({ runc: "1.1.5 writes the host's" })) },
    async (t) => {
      const path = `/proc/sys/${name.replaceAll('.', '/')}`;
      const before = readFileSync(path, 'utf8');
      const result = box.run((config) => {
        for (const namespace of config.linux.namespaces)
          if (namespace.type === type) namespace.path = `/proc/${process.pid}/ns/${file}`;
        config.linux.sysctl = { [name]: value };
      });
      t.equal(result.status, 1);
      t.equal(readFileSync(path, 'utf8'), before);
    },
  );
}

box.end(t);
