import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Document, isAlias, isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import type { Finding } from '../../contract/finding.js';
import type { CameraPlan } from '../../domain/camera-plan.js';
import { CommandError, EXIT } from '../../domain/command-error.js';
import type { CameraSettings, Config } from '../../domain/contract.js';
import type { IcePlan } from '../../domain/ice.js';
import { type Source, SourceError } from '../../domain/source.js';
import { parseSourcePattern, type SourcePattern } from '../../domain/source-pattern.js';
import { ConfigError } from './config-error.js';
import { planIce } from './ice.js';
import { MIGRATIONS, type Migrated, type Migration, migrate } from './migrations.js';
import { planCameras } from './plan.js';
import { checkConfig } from './schema.js';

/** Bytes of a configuration, at most. */
export const MAX_BYTES = 1_000_000;

/** A camera as configured, without defaults, and as planned. */
export interface ConfiguredCamera {
  settings: CameraSettings;
  plan: CameraPlan;
}

/** A configuration that is validated and planned, and its document. */
export interface Loaded {
  document: Document;
  migrated: Migrated;
  /** With its defaults filled in. */
  config: Config;
  /** In the order of the file; null for the cameras that are plugged in. */
  cameras: readonly ConfiguredCamera[] | null;
  ice: IcePlan;
  /** Whether `access.sources` lists a source. */
  isListed(source: Source): boolean;
  /** @returns the position of a finding, as `FILE:LINE: ` */
  where(finding: Finding): string;
}

/** The configuration without a file: the schema's defaults. */
export function defaultConfig(): Config {
  const config: unknown = {};
  checkConfig(config);
  return config as Config;
}

/**
 * Reads a YAML configuration file.
 * @throws CommandError that names the file, the line, the key and what is allowed
 */
export function loadConfig(file: string): Config {
  return loadText(readText(file), file).config;
}

/**
 * Loads the text of a configuration.
 * @param file its name, for messages; relative paths in it are resolved against its folder
 * @throws CommandError as loadConfig
 */
export function loadText(text: string, file: string, migrations: readonly Migration[] = MIGRATIONS): Loaded {
  if (Buffer.byteLength(text) > MAX_BYTES)
    throw new CommandError(EXIT.config, `${file}: is larger than ${MAX_BYTES} bytes, too large for a configuration`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error)
    throw new CommandError(
      EXIT.config,
      `${file}:${lines.linePos(error.pos[0]).line}: invalid YAML: ${withoutText(error.message)}`,
    );
  const where = (finding: Finding): string => `${file}:${lineOf(document, lines, finding.path)}: `;
  try {
    // Converted first without migrating, so that no migration processes a YAML bomb.
    toValue(document, file);
    const migrated = migrate(document, migrations);
    const config = toValue(document, file);
    const written = (structuredClone(config) as Partial<Config>).cameras;
    const findings = checkConfig(config);
    if (findings.length > 0) throw new ConfigError(findings);
    const { ice } = config as Config;
    const base = dirname(file);
    const plans = written && planCameras(written, base, camerasIn(document));
    return {
      document,
      migrated,
      config: config as Config,
      cameras: plans?.map(plan => ({ plan, settings: written?.[plan.id] as CameraSettings })) ?? null,
      ice: planIce(ice, base),
      isListed: listOf((config as Config).access.sources, base),
      where,
    };
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError(error.findings, where) : error;
  }
}

/** @throws ConfigError */
function listOf(patterns: readonly string[], base: string): SourcePattern {
  const list = patterns.map((text, at) => {
    try {
      return parseSourcePattern(text, base);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      throw new ConfigError([{ path: ['access', 'sources', String(at)], message: `cannot be used: ${error.message}` }]);
    }
  });
  return source => list.some(matches => matches(source));
}

/** The ids of the cameras in the order of the file: in an object, integer keys come first. */
function camerasIn(document: Document): string[] {
  const found = document.get('cameras', true);
  const cameras = isAlias(found) ? found.resolve(document) : found;
  return isMap(cameras) ? cameras.items.map(({ key }) => String(isScalar(key) ? key.value : key)) : [];
}

/** The line of a path. If its key is missing, that of the nearest node around it. */
function lineOf(document: Document, lines: LineCounter, path: readonly string[]): number {
  for (let depth = path.length; depth > 0; depth--) {
    const node = keyNode(document, path.slice(0, depth)) ?? (document.getIn(path.slice(0, depth), true) as Node);
    if (node?.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

/** The key that a path ends in: its value may start on a later line. */
function keyNode(document: Document, path: readonly string[]): Node | undefined {
  const around = document.getIn(path.slice(0, -1), true);
  const pair = isMap(around)
    ? around.items.find(({ key }) => String(isScalar(key) ? key.value : key) === path.at(-1))
    : undefined;
  return pair?.key as Node | undefined;
}

function toValue(document: Document, file: string): unknown {
  try {
    // Few aliases, so that a "billion laughs" stays small.
    return document.toJS({ maxAliasCount: 20 }) ?? {};
  } catch (error) {
    throw new CommandError(EXIT.config, `${file}: this YAML is not accepted: ${withoutText((error as Error).message)}`);
  }
}

/** After a colon the parser quotes the file: it takes a password that starts with "*" for an alias. */
const withoutText = (message: string): string => message.replace(/: .*$/s, '');

/** @throws CommandError */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandError(
      EXIT.config,
      `${file}: cannot be read: ${(error as Error).message}. Check the path after --config.`,
    );
  }
}
