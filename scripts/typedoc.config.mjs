// The API reference, from the docstrings of what the package's entries export: `npm run docs:api` makes build/api.
import { entries } from './public-api.mjs';

/** @type {Partial<import('typedoc').TypeDocOptions>} */
const options = {
  name: 'tsrunc',
  entryPoints: entries.map(({ file }) => file),
  tsconfig: '../tsconfig.json',
  out: '../build/api',
  readme: 'none',
  disableSources: true,
  excludePrivate: true,
  excludeExternals: true,
  treatWarningsAsErrors: true,
  validation: { notExported: true, invalidLink: true, invalidPath: true, notDocumented: true },
  requiredToBeDocumented: ['Class', 'Method', 'Property', 'Accessor', 'Function', 'Interface', 'TypeAlias', 'Variable'],
};

// typedoc takes the configuration as the default export of a module.
// biome-ignore lint/style/noDefaultExport: see above
export default options;
