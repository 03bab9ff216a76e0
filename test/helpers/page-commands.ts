import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { project } from './runtime.js';

/** A command of a page, as it stands there. */
export interface PageCommand {
  /** Number of its line in the page, from 1. */
  line: number;
  text: string;
}

/**
 * The commands of a page, in order: the lines of its indented blocks and of fences without a language or of `sh`; of a block in which
 * lines begin with `$ ` those alone. Fences of another language (text, json) hold none, nor do blocks of JSON.
 * @param output first lines of blocks that show what is printed
 */
export function commandsOf(page: string, output?: RegExp): PageCommand[] {
  return blocksOf(readFileSync(join(project, page), 'utf8')).flatMap((block) => {
    const first = block[0]?.text ?? '';
    if (/^[{"]/.test(first) || output?.test(first)) return [];
    const prompted = block.filter(({ text }) => text.startsWith('$ '));
    if (prompted.length === 0) return block;
    return prompted.map(({ line, text }) => ({ line, text: text.slice(2) }));
  });
}

/** The texts of a page's fences of language `text`, with the heading that each stands below. */
export function textsBelowHeadings(page: string): { heading: string; text: string }[] {
  const found: { heading: string; text: string }[] = [];
  const pattern = /^#+ (.*)$|^```text\n([\s\S]*?)\n```$/gm;
  let heading = '';
  for (const [, title, text] of readFileSync(join(project, page), 'utf8').matchAll(pattern)) {
    if (title !== undefined) heading = title;
    if (text !== undefined) found.push({ heading, text });
  }
  return found;
}

function blocksOf(text: string): PageCommand[][] {
  const blocks: PageCommand[][] = [];
  let block: PageCommand[] | undefined;
  let fence: string | undefined;
  let previous = '';
  text.split('\n').forEach((content, index) => {
    const [, language] = /^ *```(\w*)$/.exec(content) ?? [];
    if (language !== undefined) {
      fence = fence === undefined ? language : undefined;
      block = undefined;
    } else if (fence !== undefined ? fence === '' || fence === 'sh' : isIndented(content, previous, block)) {
      if (block === undefined) {
        block = [];
        blocks.push(block);
      }
      block.push({ line: index + 1, text: fence === undefined ? content.slice(4) : content });
    } else block = undefined;
    previous = content;
  });
  return blocks;
}

/** A paragraph that is indented within a list is none: there is no blank line before it, or it is a list's own. */
const isIndented = (content: string, previous: string, block: unknown): boolean =>
  content.startsWith('    ') && (previous === '' || block !== undefined);
