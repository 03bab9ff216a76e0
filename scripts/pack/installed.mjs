// What is installed beside the executable, in a .deb and from a .tar.gz: manual page, completions, documentation.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { top } from '../steps.mjs';
import { copy, put } from './files.mjs';

/** Where shells look for completions below share/; zsh's place for packages of a distribution is another than for others. */
const completions = (zsh) => ({
  bash: 'bash-completion/completions/tsrunc',
  zsh: `zsh/${zsh}/_tsrunc`,
  fish: 'fish/vendor_completions.d/tsrunc.fish',
});

/** As `gzip -9n`: no name and no time in it. */
export const compressed = (content) => gzipSync(content, { level: 9 });

/**
 * Adds share/ of an installation to a tree.
 * @param prefix the tree's directory that is to hold bin/ and share/
 * @param zsh `vendor-completions` in a package of Debian, else `site-functions`
 */
export function addShared(prefix, zsh) {
  const manual = readFileSync(join(top, 'docs/tsrunc.8'));
  put(prefix, 'share/man/man8/tsrunc.8.gz', compressed(manual));
  for (const [shell, path] of Object.entries(completions(zsh))) {
    put(prefix, join('share', path), execFileSync(join(top, 'bin/tsrunc'), ['completion', shell]));
  }
  for (const name of ['README.md', 'NOTICE']) copy(join(top, name), prefix, `share/doc/tsrunc/${name}`);
  for (const name of readdirSync(join(top, 'docs')).filter((one) => /\.(md|svg)$/.test(one))) {
    copy(join(top, 'docs', name), prefix, `share/doc/tsrunc/docs/${name}`);
  }
}
