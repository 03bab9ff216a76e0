/** A registry for npm that has a few packages, on this machine: what npm does with dependencies of each kind is seen without a network. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { npmManifest } from './packages.js';

export interface Registry {
  url: string;
  close(): void;
}

/** Starts a registry that has these tarballs and knows nothing of any other package. */
export async function npmRegistry(tarballs: readonly string[]): Promise<Registry> {
  const found = new Map(
    tarballs.map((path) => {
      const manifest = npmManifest(path) as { name: string; version: string };
      return [manifest.name, { manifest, bytes: readFileSync(path) }];
    }),
  );
  const server = createServer((request, response) => {
    const [name = '', file] = decodeURIComponent(request.url ?? '')
      .slice(1)
      .split('/-/');
    const one = found.get(name);
    if (one === undefined) response.writeHead(404).end('{"error":"Not found"}');
    else if (file !== undefined) response.end(one.bytes);
    else {
      const { name, version } = one.manifest;
      const integrity = `sha512-${createHash('sha512').update(one.bytes).digest('base64')}`;
      const dist = { tarball: `http://${request.headers.host}/${name}/-/package.tgz`, integrity };
      const versions = { [version]: { ...one.manifest, dist } };
      response.end(JSON.stringify({ name, 'dist-tags': { latest: version }, versions }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => server.close().closeAllConnections(),
  };
}
