/** The browser build of yargs-parser: the same parser without any node:* module; @types/yargs-parser has no entry for it. */
declare module 'yargs-parser/browser' {
  import type yargsParser from 'yargs-parser';

  const parser: yargsParser.Parser;
  // biome-ignore lint/style/noDefaultExport: it is what the package exports
  export default parser;
}
