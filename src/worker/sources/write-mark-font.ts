import { mkdirSync, writeFileSync } from 'node:fs';
import { markFont } from './mark-font.js';

// For the build: `write-mark-font.js FOLDER` writes the font to where useMarkFont (time-mark.ts) expects it.
const [folder = '.'] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}/time-mark.ttf`, markFont());
