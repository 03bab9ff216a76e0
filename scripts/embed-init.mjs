// Writes the assembler source that makes init's executable (argv[2]) data of the addon.
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { initImage } from './embed-data.mjs';

const [file, out] = process.argv.slice(2);
writeFileSync(out, initImage(resolve(file)));
