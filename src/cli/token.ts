import { Command, InvalidArgumentError, Option } from 'commander';
import { stringify } from 'yaml';
import { ROLES } from '../contract/security.js';
import { CommandError, EXIT } from '../domain/command-error.js';
import type { Config, Role } from '../domain/contract.js';
import { hashToken, makeToken, showHash } from '../server/access/tokens.js';
import { checkConfig } from '../server/config/schema.js';

type Entry = Config['access']['tokens'][number];

interface TokenOptions {
  name: string;
  role: Role[];
  camera?: string[];
  expires?: string;
  json?: boolean;
}

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

export function tokenCommand(): Command {
  return new Command('token')
    .description('Create a token, and print the configuration that accepts it.')
    .requiredOption('--name <NAME>', 'owner of the token, for the log')
    .addOption(
      new Option('--role <ROLE>', `what the token permits: ${ROLES.join(', ')}; may be repeated`)
        .argParser(collectRole)
        .makeOptionMandatory(),
    )
    .option('--camera <ID>', 'limit the token to this camera; may be repeated (default: all cameras)', collect)
    .option(
      '--expires <WHEN>',
      'when the token expires: 90m, 12h, 30d, 8w, or 2027-01-31T12:00:00Z (default: never)',
      parseExpiry,
    )
    .option('--json', 'print one line of JSON instead')
    .action(printToken);
}

function printToken({ name, role: roles, camera, expires, json }: TokenOptions): void {
  const token = makeToken();
  const entry: Entry = {
    name,
    hash: showHash(hashToken(token)),
    permissions: roles.map(role => ({ role, ...(camera === undefined ? {} : { cameras: camera }) })),
    ...(expires === undefined ? {} : { expires }),
  };
  const config = { access: { tokens: [entry] } };
  const [finding] = checkConfig(structuredClone(config));
  if (finding) throw new CommandError(EXIT.usage, `${finding.path.slice(3).join('.')} ${finding.message}`);
  if (json) {
    process.stdout.write(`${JSON.stringify({ token, entry })}\n`);
    return;
  }
  process.stdout.write(
    `# The token, which is shown only once:\n#\n#   ${token}\n#\n# To accept it, add this to the configuration file and restart the server:\n\n${stringify(config)}`,
  );
}

const collect = (value: string, before: string[] = []): string[] => [...before, value];

function collectRole(value: string, before: Role[] = []): Role[] {
  const role = ROLES.find(known => known === value);
  if (role === undefined) throw new InvalidArgumentError(`Expected one of ${ROLES.join(', ')}.`);
  return before.includes(role) ? before : [...before, role];
}

function parseExpiry(value: string): string {
  const [, count = '', unit = ''] = /^(\d{1,4})([mhdw])$/.exec(value) ?? [];
  const span = Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  const time = count === '' ? Date.parse(value) : Date.now() + span;
  const written = count !== '' || /^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:\d{2})$/.test(value);
  if (Number.isNaN(time) || !written)
    throw new InvalidArgumentError('Expected 30d (m, h, d, w) or 2027-01-31T12:00:00Z.');
  if (time <= Date.now()) throw new InvalidArgumentError('This time is in the past.');
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}
