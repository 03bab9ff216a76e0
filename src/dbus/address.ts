import { decodeUtf8 } from '../base/bytes.js';

/**
 * The unix sockets of a D-Bus address, in its order; an abstract one begins with @ (D-Bus specification, "Server Addresses").
 * Transports other than unix: are left out: systemd is on this machine.
 */
export function socketsOf(address: string): string[] {
  return address.split(';').flatMap((one) => {
    if (!one.startsWith('unix:')) return [];
    for (const pair of one.slice('unix:'.length).split(',')) {
      const [key, value = ''] = pair.split('=');
      if (key === 'path') return [unescaped(value)];
      if (key === 'abstract') return [`@${unescaped(value)}`];
      if (key === 'runtime') return [];
    }
    return [];
  });
}

/** Undoes %2f and the like. */
function unescaped(text: string): string {
  return text.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => {
    const bytes = run.slice(1).split('%');
    return decodeUtf8(new Uint8Array(bytes.map((hex) => Number.parseInt(hex, 16))));
  });
}
