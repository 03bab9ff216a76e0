/**
 * Calls methods of a CRI socket, as a kubelet does. gRPC is HTTP/2 with a head of five bytes before each message; Node has
 * the HTTP/2.
 */
import { connect as connectHttp2, constants } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { methods } from './messages.js';
import { decode, encode, type Message } from './protobuf.js';

const headLength = 5;

/**
 * @param signal gives up when it is aborted
 * @returns the answer
 * @throws Error with the service's own message when the call fails
 */
export async function callCri(socket: string, method: string, request: Message, signal: AbortSignal): Promise<Message> {
  const [service, takes, returns] = methods[method]!;
  const body = encode(takes, request);
  const head = Buffer.alloc(headLength);
  head.writeUInt32BE(body.length, 1);
  const session = connectHttp2('http://localhost', { createConnection: () => connectSocket(socket) });
  const answer = new Promise<Message>((resolve, reject) => {
    session.on('error', reject);
    const stream = session.request(
      {
        [constants.HTTP2_HEADER_METHOD]: 'POST',
        [constants.HTTP2_HEADER_PATH]: `/runtime.v1.${service}/${method}`,
        'content-type': 'application/grpc',
        te: 'trailers',
      },
      { signal },
    );
    const parts: Buffer[] = [];
    let status = 'none';
    let message = '';
    const takeStatus = (headers: Record<string, unknown>) => {
      if (headers['grpc-status'] === undefined) return;
      status = String(headers['grpc-status']);
      message = decodeURIComponent(String(headers['grpc-message'] ?? ''));
    };
    stream.on('response', takeStatus).on('trailers', takeStatus);
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('error', reject);
    stream.on('end', () => {
      if (status === '0') resolve(decode(returns, Buffer.concat(parts).subarray(headLength)));
      else reject(new Error(`${method}: code ${status}: ${message}`));
    });
    stream.end(Buffer.concat([head, body]));
  });
  return await answer.finally(() => session.close());
}
