/** Types for the browser build of yargs-parser, which @types/yargs-parser lacks. It is the same parser without node:* modules. */
declare module 'yargs-parser/browser' {
  import type yargsParser from 'yargs-parser';

  const parser: yargsParser.Parser;
  // biome-ignore lint/style/noDefaultExport: it is what the package exports
  export default parser;
}
