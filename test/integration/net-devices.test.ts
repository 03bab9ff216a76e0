/** linux.netDevices: interfaces of the runtime's network namespace, which here is one of the test's own. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import t from 'tap';
import type { TestConfig } from '../helpers/config.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);

/** In a network namespace with the interfaces `one` and `two`, two ends of a cable; `then` is run in it afterwards. */
function inNetwork(prepare: string, then = 'true') {
  const make = 'ip link add one type veth peer name two';
  const script = `${make} && ${prepare} && { "$@"; status=$?; ${then}; exit $status; }`;
  return { wrapper: ['unshare', '--net', 'sh', '-c', script, 'sh'] };
}

const noPairs =
  existsSync('/usr/sbin/ip') && spawnSync('unshare', ['--net', 'ip', 'link', 'add', 'type', 'veth']).status === 0
    ? false
    : 'this machine makes no pair of interfaces';
const skip = skipIf(differs({ runc: 'came with 1.4' }), noPairs);

/** The container has these interfaces, and shows them. */
const moved = (netDevices: TestConfig['linux']['netDevices'], script: string, prepare: string, then?: string) =>
  box.sh(script, (config) => (config.linux.netDevices = netDevices), inNetwork(prepare, then));

t.test('interfaces are moved and are up there, one under another name', { skip }, async (t) => {
  const result = moved({ one: { name: 'inside' }, two: {} }, 'ip -o link', 'true', 'ip -o link >&2');
  t.equal(result.status, 0, result.stderr);
  for (const name of ['inside', 'two']) t.match(result.stdout, new RegExp(`^\\d+: ${name}@.*[<,]UP[,>]`, 'm'));
  t.notMatch(result.stdout, /: one@/);
  t.match(result.stderr, /: lo:/, 'the test sees what is outside');
  t.notMatch(result.stderr, /one|two|inside/, 'nothing of them stays outside, nor comes back');
});

t.test('what an interface has goes with it: lasting addresses that count everywhere, the rest', { skip }, async (t) => {
  const prepare = [
    'ip link set one mtu 1434 address 02:00:00:00:12:34',
    'ip address add 192.0.2.7/24 dev one',
    'ip address add 2001:db8::7/64 dev one nodad',
    'ip address add 192.0.2.8/24 dev one valid_lft 1000 preferred_lft 1000',
    'ip address add 192.0.2.9/32 dev one scope link',
  ];
  const { status, stdout, stderr } = moved({ one: {} }, 'ip address show dev one', prepare.join(' && '));
  t.equal(status, 0, stderr);
  t.match(stdout, /mtu 1434/);
  t.match(stdout, /02:00:00:00:12:34/);
  t.match(stdout, /inet 192\.0\.2\.7\/24/);
  t.match(stdout, /inet6 2001:db8::7\/64/);
  t.notMatch(stdout, /192\.0\.2\.8/, 'one that ends some time');
  t.notMatch(stdout, /192\.0\.2\.9/, 'one that counts on the link alone');
});

t.test('a name that is taken there is an error, one with %d gets a number', { skip }, async (t) => {
  const taken = moved({ one: { name: 'lo' } }, 'true', 'true', 'ip -o link >&2');
  t.equal(taken.status, 1);
  t.match(taken.stderr, /netDevices.*file exists/i);
  t.match(taken.stderr, /: one@/, 'it stays where it is');
  const counted = moved({ one: { name: 'in%d' }, two: { name: 'in%d' } }, 'ip -o link', 'true');
  t.equal(counted.status, 0, counted.stderr);
  t.match(counted.stdout, /: in0@/);
  t.match(counted.stdout, /: in1@/);
});

t.test('an interface that is not there', { skip }, async (t) => {
  const result = moved({ three: {} }, 'true', 'true');
  t.equal(result.status, 1);
  t.match(result.stderr, /three/);
  t.match(result.stderr, /no such device/i);
});

box.end(t);
