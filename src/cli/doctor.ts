import { resolve } from 'node:path';
import { Command } from 'commander';
import type { Finding } from '../doctor/check.js';
import { diagnose } from '../doctor/checks.js';
import { makeContext } from '../doctor/context.js';

/** Something that is to be repaired was found. */
const EXIT_FAILURES = 1;

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Look at this machine and its configuration, and say what is wrong and what to do about it.')
    .option('--config <FILE>', 'the YAML configuration file that the server is started with')
    .option('--json', 'one JSON document instead of a table')
    .action(async ({ config, json }: { config?: string; json?: boolean }) => {
      // npm runs scripts in the package's folder; a path that a person typed counts from where it was typed.
      const here = process.env.INIT_CWD ?? process.cwd();
      const findings = await diagnose(makeContext(config === undefined ? null : resolve(here, config)));
      const failed = findings.some(({ status }) => status === 'fail');
      process.stdout.write(json ? `${JSON.stringify({ ok: !failed, findings }, null, 2)}\n` : table(findings));
      process.exitCode = failed ? EXIT_FAILURES : 0;
    });
}

function table(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  return findings
    .map(({ status, check, detail, remedy }) => {
      const text = remedy === undefined ? detail : `${detail}. ${remedy}`;
      return `${status.padEnd(4)}  ${check.padEnd(width)}  ${text}\n`;
    })
    .join('');
}
