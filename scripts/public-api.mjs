// The public declarations: what the package's entries export, as the compiler declares it. The test of the golden file uses it.
// Usage: node scripts/public-api.mjs    prints them
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const top = join(dirname(fileURLToPath(import.meta.url)), '..');
const directory = join(top, 'src/library');

/** The entries that are there, by their names in the package; each is told only of what those before it don't have. */
export const entries = Object.entries({
  'tsrunc/pure': 'pure',
  'tsrunc/client': 'client',
  tsrunc: 'index',
  'tsrunc/native': 'native',
})
  .map(([name, file]) => ({ name, file: join(directory, `${file}.ts`) }))
  .filter(({ file }) => existsSync(file));

function optionsOf(config) {
  const read = ts.getParsedCommandLineOfConfigFile(
    join(top, config),
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic() {} },
  );
  return { ...read.options, incremental: false, noEmit: false, skipLibCheck: true };
}

/** The declarations of all files that the entries need, by path: `dist` with the ending .d.ts. */
export function emitDeclarations() {
  const options = { ...optionsOf('tsconfig.json'), declaration: true, emitDeclarationOnly: true };
  const program = ts.createProgram(
    entries.map(({ file }) => file),
    options,
  );
  const texts = new Map();
  const { diagnostics } = program.emit(undefined, (path, text) => texts.set(path, text), undefined, true);
  if (diagnostics.length > 0) throw new Error(ts.formatDiagnostics(diagnostics, ts.createCompilerHost(options)));
  return texts;
}

/**
 * What the entries export.
 * @returns `text`: every declaration once, without comments, by entry and name; `leaks`: types that a public declaration mentions and
 *   no entry exports, and modules of others that it needs
 */
export function publicApi(texts = emitDeclarations()) {
  const options = optionsOf('tsconfig.json');
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.readFile = (path) => texts.get(path) ?? readFile(path);
  host.fileExists = (path) => texts.has(path) || fileExists(path);
  // The directories of the declarations need not exist.
  host.directoryExists = undefined;
  host.getSourceFile = (path, version) => {
    const text = host.readFile(path);
    return text === undefined ? undefined : ts.createSourceFile(path, text, version, true);
  };
  const declared = (file) => file.replace(`${top}/src/`, `${options.outDir}/`).replace(/\.ts$/, '.d.ts');
  const program = ts.createProgram(
    entries.map(({ file }) => declared(file)),
    options,
    host,
  );
  const checker = program.getTypeChecker();
  const resolved = (symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);
  const modules = entries.map(({ name, file }) => {
    const symbol = checker.getSymbolAtLocation(program.getSourceFile(declared(file)));
    return {
      name,
      exports:
        symbol === undefined
          ? []
          : checker.getExportsOfModule(symbol).map((one) => ({ name: one.name, symbol: resolved(one) })),
    };
  });
  const printer = ts.createPrinter({ removeComments: true });
  const known = new Map();
  let text = '';
  const all = new Set(modules.flatMap(({ exports }) => exports.map(({ symbol }) => symbol)));
  const leaks = new Set();
  for (const { name: entry, exports } of modules) {
    text += `\n// ---- ${entry}\n`;
    const before = new Map();
    for (const { name, symbol } of exports.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const where = known.get(symbol);
      if (where !== undefined) {
        before.set(where, (before.get(where) ?? 0) + 1);
        continue;
      }
      known.set(symbol, entry);
      for (const declaration of symbol.declarations ?? []) {
        const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
        const printed = printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile());
        text += `\n${printed.replace(/^(export )?(declare )?/, '')}\n`;
        for (const leak of leaksOf(node, checker, resolved, all)) leaks.add(`${entry}: ${name} mentions ${leak}`);
      }
    }
    for (const [where, count] of before) text += `\n// and ${count} of ${where}\n`;
  }
  return { text: text.trimStart(), leaks: [...leaks].sort() };
}

/** The names in a declaration that are declared at the top of a file and not exported by an entry, and imports of packages. */
function leaksOf(node, checker, resolved, all) {
  const found = [];
  const visit = (inner) => {
    if (ts.isIdentifier(inner)) {
      const symbol = checker.getSymbolAtLocation(inner);
      const target = symbol && resolved(symbol);
      for (const declaration of target?.declarations ?? []) {
        const file = declaration.getSourceFile();
        const isTop = declaration.parent === file || ts.isVariableDeclaration(declaration);
        if (!isTop || all.has(target) || file.hasNoDefaultLib) continue;
        const path = relative(top, file.fileName);
        if (/^node_modules\/(typescript|@types\/node|undici-types)\//.test(path)) continue;
        found.push(`${inner.text} of ${path}`);
      }
    }
    ts.forEachChild(inner, visit);
  };
  ts.forEachChild(node, visit);
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { text, leaks } = publicApi();
  process.stdout.write(text);
  for (const leak of leaks) console.error(leak);
}
