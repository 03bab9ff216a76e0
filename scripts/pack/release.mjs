// What all packages of a release have in common: version and date, from package.json and CHANGELOG.md.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { top } from '../steps.mjs';

/** The sections of CHANGELOG.md, newest first: `## VERSION, DATE`, where DATE is `unreleased` until it is known. */
export function changes() {
  const text = readFileSync(join(top, 'CHANGELOG.md'), 'utf8');
  return text
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [heading, ...lines] = section.split('\n');
      const [, version, date] = /^(\S+), (unreleased|\d{4}-\d{2}-\d{2})$/.exec(heading) ?? [];
      if (!version)
        throw new Error(`CHANGELOG.md: "## ${heading}" is not "## VERSION, YYYY-MM-DD" or "## VERSION, unreleased"`);
      return {
        version,
        date,
        items: lines
          .join('\n')
          .split(/^- /m)
          .slice(1)
          .map((item) => item.replace(/\s+/g, ' ').trim()),
      };
    });
}

/** The time that everything in the packages bears, in seconds: SOURCE_DATE_EPOCH, else the release's date, else the commit's. */
function epochOf(date) {
  const { SOURCE_DATE_EPOCH: given } = process.env;
  if (given) {
    if (!/^\d+$/.test(given))
      throw new Error(`SOURCE_DATE_EPOCH is "${given}"; it must be a number of seconds since 1970`);
    return Number(given);
  }
  if (date !== 'unreleased') return Date.parse(`${date}T00:00:00Z`) / 1000;
  return Number(execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: top, encoding: 'utf8' }));
}

/**
 * @returns manifest: package.json; version; epoch: the time of the release in seconds; maintainer: as Debian writes it; sections: of the
 *   changelog
 * @throws Error when CHANGELOG.md's newest section is of another version than package.json
 */
export function release() {
  const manifest = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));
  const sections = changes();
  const { version, date } = sections[0];
  if (version !== manifest.version) {
    throw new Error(`CHANGELOG.md's newest section is ${version}, package.json's version ${manifest.version}`);
  }
  const { name, email } = manifest.author;
  return { manifest, version, epoch: epochOf(date), maintainer: `${name} <${email}>`, sections };
}
