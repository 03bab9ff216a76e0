// The texts that Debian asks a package for: control, changelog, copyright.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { top } from '../steps.mjs';

/** A version as Debian orders it: 1.0.0-rc.1 comes before 1.0.0. */
export const debianVersion = (version) => version.replace('-', '~');

/** Text in lines of at most 76 columns, each after `indent`; the first after `first`. */
function folded(text, indent, first = indent) {
  const lines = [first];
  for (const word of text.split(' ')) {
    const isEmpty = lines.at(-1) === (lines.length === 1 ? first : indent);
    if (!isEmpty && lines.at(-1).length + word.length + 1 > 76) lines.push(indent);
    const last = lines.length - 1;
    lines[last] += lines[last] === (last === 0 ? first : indent) ? word : ` ${word}`;
  }
  return lines.join('\n');
}

/** Lines as a field's further lines: each is indented, an empty one is a dot. */
const indented = (lines) => lines.map((line) => (line === '' ? ' .' : ` ${line}`)).join('\n');

const description = [
  'It does what runc does for containerd, Docker, podman and Kubernetes, and what a caller of its command line asks: making, running and',
  'removing containers from a directory with a root file system and a config.json.',
].join(' ');
const further = [
  'It prints the plan of a container before it makes one (tsrunc explain), and names the field of config.json behind every error. One',
  'static executable; it needs no library and no daemon.',
].join(' ');

/** @param size what is installed, in kibibytes */
export function control({ version, maintainer, manifest }, debian, size) {
  return `Package: tsrunc
Version: ${debianVersion(version)}
Architecture: ${debian}
Maintainer: ${maintainer}
Installed-Size: ${size}
Recommends: procps
Suggests: criu
Section: admin
Priority: optional
Multi-Arch: foreign
Homepage: ${manifest.homepage}
Description: OCI container runtime that explains what it does
${folded(description, ' ')}
 .
${folded(further, ' ')}
`;
}

/** The changelog in Debian's form. Sections without a date have the time of the release. */
export function changelog({ sections, maintainer, epoch }) {
  return sections
    .map(({ version, date, items }) => {
      const time = date === 'unreleased' ? new Date(epoch * 1000) : new Date(`${date}T00:00:00Z`);
      const entries = items.map((item) => folded(item, '    ', '  * ')).join('\n');
      const when = time.toUTCString().replace('GMT', '+0000');
      return `tsrunc (${debianVersion(version)}) unstable; urgency=medium\n\n${entries}\n\n -- ${maintainer}  ${when}\n`;
    })
    .join('\n');
}

/** The copyright file in Debian's machine-readable form, with all of NOTICE. */
export function copyright({ manifest, maintainer, epoch }) {
  const notice = readFileSync(join(top, 'NOTICE'), 'utf8').trimEnd().split('\n');
  return `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: tsrunc
Upstream-Contact: ${maintainer}
Source: ${manifest.homepage}
Comment:
${indented(notice)}

Files: *
Copyright: ${new Date(epoch * 1000).getUTCFullYear()} ${notice[1].replace(/^Copyright /, '').split('.')[0]}
License: Apache-2.0
 On Debian systems the text of this licence is in
 /usr/share/common-licenses/Apache-2.0.
 .
 The executable holds libraries under other licences, which the comment above
 names; the text of the LGPL-2.1 is in /usr/share/common-licenses/LGPL-2.1.
`;
}

/** What lintian is not to report, and why. */
export const overrides = `# On purpose: the executable holds its heap at fixed addresses, and starts without looking for libraries.
tsrunc: statically-linked-binary [usr/bin/tsrunc]
`;
