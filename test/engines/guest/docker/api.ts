/** dockerd's HTTP interface: what the docker command does, without the second that starting it takes under emulation. */
import { request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** One request to dockerd. A status of 400 and more is not an error here. */
export async function ask(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const data = body === undefined ? undefined : Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    const type = Buffer.isBuffer(body) ? 'application/x-tar' : 'application/json';
    const headers = data ? { 'content-type': type, 'content-length': data.length } : {};
    const socketPath = '/run/docker.sock';
    const asked = request({ socketPath, method, path, headers, signal }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(parts) }));
      answer.once('error', reject);
    });
    asked.once('error', reject);
    asked.end(data);
  });
}

/**
 * One request that has to succeed.
 * @returns the answer's JSON, undefined when it is empty
 * @throws Error with dockerd's message
 */
export async function api<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const answer = await ask(method, path, body, signal);
  const text = answer.body.toString();
  if (answer.status >= 400) {
    const message = text.startsWith('{') ? (JSON.parse(text) as { message: string }).message : text;
    throw new Error(`${method} ${path.split('?')[0]}: ${message}`);
  }
  return (/^[[{"n]/.test(text) ? JSON.parse(text) : undefined) as T;
}

/** Takes apart the stream in which dockerd sends stdout and stderr: each piece has a head of 8 bytes. */
export function streams(body: Buffer): { stdout: string; stderr: string } {
  const parts: [Buffer[], Buffer[]] = [[], []];
  for (let at = 0; at + 8 <= body.length; ) {
    const length = body.readUInt32BE(at + 4);
    parts[body[at] === 2 ? 1 : 0].push(body.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return { stdout: Buffer.concat(parts[0]).toString(), stderr: Buffer.concat(parts[1]).toString() };
}
