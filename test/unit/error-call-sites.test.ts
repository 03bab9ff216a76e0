// Where C++ says what failed: the call is a name, the path is a path, and words are apart from both.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

/** The arguments of each call of `name` in C++ source, as text. */
function callsOf(source: string, name: RegExp): string[][] {
  return [...source.matchAll(name)].map(({ index, 0: { length } }) => argumentsAt(source, index + length));
}

/** Up to the bracket that closes what is open at `start`. */
function argumentsAt(source: string, start: number): string[] {
  const found = [''];
  let depth = 0;
  for (const [token] of source.slice(start).matchAll(/"(?:\\.|[^"\\])*"|[\s\S]/g)) {
    if ('([{'.includes(token)) depth++;
    if (')]}'.includes(token) && depth-- === 0) break;
    if (token === ',' && depth === 0) found.push('');
    else found[found.length - 1] += token;
  }
  return found.map((argument) => argument.trim());
}

function sources(directory: string): [file: string, source: string][] {
  const files = readdirSync(directory).filter((file) => /\.(cc|h)$/.test(file));
  return files.map((file) => [`${directory}/${file}`, readFileSync(join(directory, file), 'utf8')]);
}

const literal = (argument: string): string | undefined => /^"(.*)"$/s.exec(argument)?.[1];
const isName = (call: string) => /^[a-z][a-z0-9_]*$/.test(literal(call) ?? 'variable');
/** What a path is called in the sources of init; a literal is absolute and without words. */
const paths =
  /^(no_path|no_text|path_?|step\.(path|source|target)|(\w+\.)?\w+_path|source|name\.get\(\)|"\/[^\s()]*")$/;

t.test('init: a failure has a call, a path or none, and then words', async (t) => {
  let count = 0;
  for (const [file, source] of sources('addon/init'))
    for (const [call = '', , path, ...remark] of callsOf(source, /(?<!int |::)\bfail\(/g)) {
      count++;
      const site = `${file}: ${[call, path, ...remark].join(', ')}`;
      if (!isName(call)) t.fail(`${site}: the call is no name`);
      if (path !== undefined && !paths.test(path)) t.fail(`${site}: the path is none`);
      for (const words of remark)
        if (/^ \(/.test(literal(words) ?? '') && path !== 'no_path') t.fail(`${site}: brackets are the runtime's`);
    }
  t.ok(count > 200, `${count} were found`);
});

t.test('the core: the same', async (t) => {
  const known =
    /^(path|cgroup|above|below|fifo|\{\}|options\.path|"\/proc\/" \+ .*|[a-z]+ == .* \? cwd : path|.* \? options\.bind_target : options\.path)$/;
  let count = 0;
  for (const [file, source] of sources('addon/core')) {
    const made = callsOf(source, /\bError\{/g).map(([call = '', , path = '']) => [call, path]);
    const failures = callsOf(source, /(?<!inline Error )\bfailure\(/g).map(([call = '', path = '{}']) => [call, path]);
    for (const [call = '', path = ''] of [...made, ...failures]) {
      count++;
      if (!isName(call)) t.fail(`${file}: ${call}: the call is no name`);
      if (!known.test(path) && path !== 'std::move(path)') t.fail(`${file}: ${call}, ${path}: the path is none`);
    }
  }
  t.ok(count > 100, `${count} were found`);
});
