// Makes docs/tsrunc.8 of its prose (docs/tsrunc.8.in) and the table of commands. Run it after a change of either.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandTable, globalOptions, top } from './load-table.mjs';

/** Text as roff: a line never begins with a control character, hyphens of options stay hyphens, `x` is bold. */
function roff(text) {
  return text
    .replace(/\\/g, '\\e')
    .replace(/-/g, '\\-')
    .replace(/`([^`]*)`/g, '\\fB$1\\fP')
    .replace(/^(['.])/gm, '\\&$1');
}

function optionEntry({ name, short, value, kind, description, default: usual, choices }) {
  const argument = kind === 'flag' ? '' : `\\fI${roff(choices ? choices.join('|') : value)}\\fP`;
  const forms = [
    ...(short ? [`\\fB\\-${short}\\fP${argument && ` ${argument}`}`] : []),
    `\\fB\\-\\-${roff(name)}\\fP${argument && ` ${argument}`}`,
  ];
  const tail = usual === undefined ? '' : ` (default: ${roff(usual)})`;
  return `.TP\n${forms.join(', ')}\n${roff(description)}${tail}.${kind === 'list' ? '\nMay be repeated.' : ''}\n`;
}

const shown = (options) => options.filter(({ hidden }) => !hidden);

function commandEntry({ name, summary, description, arguments: args, options, examples = [] }) {
  const usage = args.map(({ name: argument, arity }) => {
    const italic = `\\fI${roff(argument)}\\fP`;
    return arity === 'required' ? italic : arity === 'rest' ? `[${italic} ...]` : `[${italic}]`;
  });
  const head = [`\\fBtsrunc ${name}\\fP`, ...(shown(options).length ? ['[\\fIoptions\\fP]'] : []), ...usage].join(' ');
  const text = description.length ? description.map(roff).join('\n.PP\n') : `${roff(summary)}.`;
  const described = args.map((argument) => `.TP\n\\fI${roff(argument.name)}\\fP\n${roff(argument.description)}.\n`);
  const entries = [...described, ...shown(options).map(optionEntry)].join('');
  const lines = examples
    .map(([command, what]) => `.PP\nTo ${roff(imperative(what))}:\n.PP\n.EX\n  ${roff(command)}\n.EE\n`)
    .join('');
  return `.SS ${head}\n${text}\n${entries}${lines}`;
}

/** "a shell with …" has no verb to follow "To". */
const imperative = (what) => (/^(a|an|the) /.test(what) ? `get ${what}` : what);

const prose = readFileSync(join(top, 'docs/tsrunc.8.in'), 'utf8');
const { version } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));
const page = prose
  .replace('@VERSION@', version)
  .replace('@GLOBAL_OPTIONS@\n', shown(globalOptions).map(optionEntry).join(''))
  .replace('@COMMANDS@\n', commandTable.map(commandEntry).join(''));
writeFileSync(process.argv[2] ?? join(top, 'docs/tsrunc.8'), page);
