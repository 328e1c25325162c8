import { mkdirSync, writeFileSync } from 'node:fs';
import { markFont } from './mark-font.js';

// For the build: `write-mark-font.js FOLDER` puts the font where use-mark-font.ts looks for it.
const [folder = '.'] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}/time-mark.ttf`, markFont());
