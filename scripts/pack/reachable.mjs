// What of dist a package needs: the modules that its entries lead to, and the packages that these import.
import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';

/** The name of the package that an import leads to: `yargs-parser` of `yargs-parser/browser`. */
const packageOf = (specifier) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** The file of declarations beside a module. */
const declarations = (path) => path.replace(/\.js$/, '.d.ts');

/**
 * @param top the directory that paths are relative to
 * @param entries modules and declarations, as paths
 * @returns files: all that they lead to, sorted; packages: the names of the packages that are imported
 * @throws Error when an import leads nowhere
 */
export function reachable(top, entries) {
  const files = new Set(entries.map((path) => normalize(path)));
  const packages = new Set();
  for (const file of files) {
    if (!existsSync(join(top, file))) throw new Error(`${file} is missing`);
    if (!/\.[cm]?[jt]s$/.test(file)) continue;
    const isTypes = file.endsWith('.d.ts');
    for (const { fileName } of ts.preProcessFile(readFileSync(join(top, file), 'utf8'), true, true).importedFiles) {
      if (isBuiltin(fileName)) continue;
      if (!fileName.startsWith('.')) {
        packages.add(packageOf(fileName));
        continue;
      }
      const target = join(dirname(file), fileName);
      files.add(isTypes ? declarations(target) : target);
      if (!isTypes && existsSync(join(top, declarations(target)))) files.add(declarations(target));
    }
  }
  return { files: [...files].sort(), packages: [...packages].sort() };
}
