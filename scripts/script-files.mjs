import { readFileSync } from 'node:fs';

/**
 * Files of scripts/ that a step of the build depends on: those given, and what they import or run of that directory, and so on.
 * @param paths scripts, or binding.gyp
 */
export function scriptFiles(...paths) {
  const found = new Set(paths);
  // A set gives what is added meanwhile, too.
  for (const path of found) {
    const code = readFileSync(path, 'utf8').replace(/^\s*(\/\/|\/?\*|#).*$/gm, '');
    for (const [, name] of code.matchAll(/(?:\.|\bscripts)\/([\w-]+\.[cm]js)\b/g)) found.add(`scripts/${name}`);
  }
  return [...found];
}
