import { readFileSync } from 'node:fs';
import { type Document, isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { CommandError, EXIT } from '../cli/command-error.js';
import type { Config } from '../domain/contract.js';
import { redact } from '../domain/source.js';
import { checkConfig, type Finding } from './schema.js';

const MAX_BYTES = 1_000_000;

/** What holds where there is no file: the schema's defaults. */
export function defaultConfig(): Config {
  const config: unknown = {};
  checkConfig(config);
  return config as Config;
}

/**
 * Reads a YAML configuration file.
 * @throws CommandError that names the file, the line, the key and what would be right
 */
export function loadConfig(file: string): Config {
  const text = read(file);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error)
    throw new CommandError(
      EXIT.config,
      `${file}:${lines.linePos(error.pos[0]).line}: this is no YAML: ${error.message}`,
    );
  const config = toValue(document, file);
  const findings = checkConfig(config);
  if (findings.length > 0) {
    const lineOf = ({ path }: Finding): number => {
      // The key itself may be what is wrong, or missing: then the nearest node around it.
      for (let depth = path.length; depth > 0; depth--) {
        const node = keyNode(document, path.slice(0, depth)) ?? (document.getIn(path.slice(0, depth), true) as Node);
        if (node?.range) return lines.linePos(node.range[0]).line;
      }
      return 1;
    };
    throw new CommandError(
      EXIT.config,
      findings
        .map(
          finding =>
            `${file}:${lineOf(finding)}: ${redact(`${finding.path.join('.') || 'the file'} ${finding.message}`)}`,
        )
        .join('\n'),
    );
  }
  return config as Config;
}

/** The key that a path ends in: a value may begin lines below it. */
function keyNode(document: Document, path: readonly string[]): Node | undefined {
  const around = document.getIn(path.slice(0, -1), true);
  const pair = isMap(around)
    ? around.items.find(({ key }) => String(isScalar(key) ? key.value : key) === path.at(-1))
    : undefined;
  return pair?.key as Node | undefined;
}

function toValue(document: Document, file: string): unknown {
  try {
    // Few aliases: a "billion laughs" stays small.
    return document.toJS({ maxAliasCount: 20 }) ?? {};
  } catch (error) {
    throw new CommandError(EXIT.config, `${file}: this YAML cannot be used: ${(error as Error).message}`);
  }
}

function read(file: string): string {
  try {
    const text = readFileSync(file, 'utf8');
    if (text.length > MAX_BYTES)
      throw new CommandError(EXIT.config, `${file}: is larger than ${MAX_BYTES} bytes; that is no configuration`);
    return text;
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(
      EXIT.config,
      `${file}: cannot be read: ${(error as Error).message}. Check the path behind --config.`,
    );
  }
}
