// A program that has the native code loaded in its main thread and in workers, one after the other and at once. Each asks for what fails, and
// the program prints who got which error.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { nodeNative } from '../../src/hosts/node/host.js';

const native = nodeNative();

function failure(who: string): string {
  try {
    native.readFile('/nowhere', 10);
    return `${who}: none`;
  } catch (error) {
    const { name, message } = error as Error;
    return `${who}: ${name} ${message}`;
  }
}

const answer = (worker: Worker): Promise<unknown> => new Promise((done) => worker.once('message', done));

if (isMainThread) {
  console.log(failure('main'));
  for (const round of [1, 2]) {
    const workers = ['one', 'two'].map((name) => new Worker(new URL(import.meta.url), { workerData: name }));
    // Asked for before the first comes, or one is lost.
    for (const one of await Promise.all(workers.map(answer))) console.log(one);
    console.log(failure(`main beside workers, round ${round}`));
    for (const worker of workers) {
      const again = answer(worker);
      worker.postMessage('again');
      console.log(await again);
    }
    await Promise.all(workers.map((worker) => worker.terminate()));
    console.log(failure(`main after them, round ${round}`));
  }
} else {
  const name = String(workerData);
  parentPort?.once('message', () => parentPort?.postMessage(failure(`${name} again`)));
  parentPort?.postMessage(failure(name));
}
