import { encodeUtf8 } from '../../base/bytes.js';

/** The runtime's answer to a message of init that waits for one; src/plan/steps/protocol.ts has its layout. */
export function encodeReply(payload: Uint8Array = new Uint8Array()): Uint8Array {
  const out = new Uint8Array(8 + payload.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, 1, true);
  view.setUint32(4, payload.length, true);
  out.set(payload, 8);
  return out;
}

/** Payload of the reply to `create-runtime`: the state for createContainer hooks and the one for startContainer hooks. */
export function encodeHookStates(createContainer: string, startContainer: string): Uint8Array {
  const texts = [encodeUtf8(createContainer), encodeUtf8(startContainer)];
  const out = new Uint8Array(texts.reduce((size, text) => size + 4 + text.length, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const text of texts) {
    view.setUint32(at, text.length, true);
    out.set(text, at + 4);
    at += 4 + text.length;
  }
  return out;
}
