import t from 'tap';
import { Sandbox } from '../helpers/sandbox.js';
import { makingCommands, otherCommands } from './commands.js';
import { skipCommands, tryCommands } from './try-commands.js';

const box = new Sandbox(t);

t.test('any answer to a call of the runtime: any other command fails, or does its work', { skip: skipCommands }, (t) =>
  tryCommands(t, box, otherCommands, makingCommands),
);

box.end(t);
