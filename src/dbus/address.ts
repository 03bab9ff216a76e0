/** Reads D-Bus addresses. */
import { decodeUtf8 } from '../base/bytes.js';

/**
 * The unix sockets in a D-Bus address, in its order (D-Bus specification, "Server Addresses"). Other transports are
 * left out, as systemd is on this machine.
 * @param address e.g. unix:path=/run/dbus/system_bus_socket; several are separated by semicolons
 * @returns paths; the name of an abstract socket begins with @
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

/** Decodes escapes such as %2f, as UTF-8. */
function unescaped(text: string): string {
  return text.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => {
    const bytes = run.slice(1).split('%');
    return decodeUtf8(new Uint8Array(bytes.map((hex) => Number.parseInt(hex, 16))));
  });
}
