// The test machine: QEMU on the image, with a disk whose changes are thrown away, reached by ssh on a port of loopback.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { kernelCommandLine } from './recipe.mjs';

const bootLimit = 300_000;

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function qemuArguments(image, port, { cpus, memory, accel, keep = false }) {
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-monitor', 'none', '-no-reboot', '-M', 'q35'],
    // The features left out cost the emulator time at each system call; erms has the kernel copy byte by byte what it
    // would else copy by words. (With kvm the host's own processor is shown.)
    ...(accel === 'tcg' ? ['-accel', 'tcg,thread=multi,tb-size=512', '-cpu', 'max,-la57,-smap,-smep,-erms'] : []),
    ...(accel === 'tcg' ? [] : ['-accel', accel, '-cpu', 'host']),
    ...['-smp', String(cpus), '-m', `${memory}M`],
    ...['-kernel', join(image, 'kernel'), '-initrd', join(image, 'initramfs'), '-append', kernelCommandLine],
    ...[
      '-drive',
      `file=${join(image, 'disk')},format=raw,if=none,id=disk,snapshot=${keep ? 'off' : 'on'},cache=unsafe,aio=threads`,
    ],
    ...['-device', 'virtio-blk-pci,drive=disk', '-device', 'virtio-rng-pci'],
    // restrict: nothing goes out, the port of ssh comes in.
    ...['-netdev', `user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${port}-:22`],
    ...['-device', 'virtio-net-pci,netdev=net,romfile=', '-chardev', 'stdio,id=console,signal=off'],
    ...['-serial', 'chardev:console'],
  ];
}

/** A running machine. */
export class Machine {
  #qemu;
  #ssh;

  constructor(qemu, ended, console, image, port) {
    this.#qemu = qemu;
    /** The last lines of its console, and what QEMU complained of. */
    this.console = console;
    /** Resolves when the machine is off. */
    this.ended = ended;
    this.#ssh = [
      ...['-F', 'none', '-i', join(image, 'key'), '-p', String(port), '-o', 'IdentitiesOnly=yes'],
      ...['-o', 'StrictHostKeyChecking=yes', '-o', `UserKnownHostsFile=${join(image, 'known_hosts')}`],
      ...['-o', 'HostKeyAlias=engines', '-o', 'LogLevel=ERROR', '-o', 'ConnectTimeout=300'],
      ...['-o', 'ServerAliveInterval=30', '-o', 'ServerAliveCountMax=20', 'root@127.0.0.1'],
    ];
  }

  /** The words that open a shell in the machine. */
  get sshCommand() {
    return ['ssh', ...this.#ssh];
  }

  /**
   * Runs a shell line in the machine.
   * @param options.input what its stdin gives: a stream or nothing
   * @param options.onLine called with each line of its stdout; without it stdout is the caller's
   * @returns its exit status; 255 when the connection failed
   */
  async run(line, { input, onLine } = {}) {
    const stdio = [input ? 'pipe' : 'ignore', onLine ? 'pipe' : 'inherit', 'inherit'];
    const child = spawn('ssh', [...this.#ssh, line], { stdio });
    input?.pipe(child.stdin);
    if (onLine) createInterface({ input: child.stdout }).on('line', onLine);
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? 255));
    });
  }

  /** Copies files of this machine into `directory` of that one. */
  async put(files, directory) {
    const names = files.flatMap((file) => ['-C', join(file, '..'), file.slice(file.lastIndexOf('/') + 1)]);
    const tar = spawn('tar', ['-c', ...names], { stdio: ['ignore', 'pipe', 'inherit'] });
    const status = await this.run(`mkdir -p ${directory} && tar -C ${directory} -x`, { input: tar.stdout });
    if (status !== 0) throw new Error(`copying into the machine ended with ${status}`);
  }

  /** Ends it; what it wrote to its disk is gone. */
  async stop() {
    this.#qemu.kill('SIGTERM');
    await this.ended;
  }
}

/**
 * Boots a machine and waits until it takes commands.
 * @param image directory that image() returned
 * @param options cpus; memory in MiB; accel: `tcg`, or `kvm` where that is faster than emulation;
 *   keep: changes of the disk stay
 * @throws Error with the end of its console when it doesn't come up
 */
export async function startMachine(image, options) {
  const port = await freePort();
  if (!existsSync(join(image, 'disk'))) throw new Error(`${image} holds no image`);
  // Whatever ends this process ends the machine: nobody else would.
  const command = ['--pdeathsig', 'KILL', 'qemu-system-x86_64'];
  const qemu = spawn('setpriv', [...command, ...qemuArguments(image, port, options)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: process.env.TMPDIR ?? tmpdir() },
  });
  const console = [];
  const ended = new Promise((resolve) => {
    qemu.once('error', (error) => resolve(console.push(error.message)));
    qemu.once('close', resolve);
  });
  createInterface({ input: qemu.stderr }).on('line', (line) => console.push(line));
  const lines = createInterface({ input: qemu.stdout });
  const outcome = await new Promise((resolve) => {
    setTimeout(() => resolve('did not come up in time'), bootLimit).unref();
    ended.then(() => resolve('ended'));
    lines.on('line', (line) => {
      console.push(line);
      if (line.includes('the-machine-is-ready')) resolve('');
      if (line.includes('the-machine-has-failed')) resolve('failed');
      if (console.length > 200) console.shift();
    });
  });
  const machine = new Machine(qemu, ended, console, image, port);
  if (outcome === '') return machine;
  await machine.stop();
  throw new Error(`the test machine ${outcome}:\n${console.slice(-20).join('\n')}`);
}
