import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { defaultStateDir } from '../server/access/own-token.js';

/** At least one check failed. */
const EXIT_FAILURES = 1;
/** For a file, and for a terminal that does not report its width. */
const COLUMNS = 80;

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Check this machine and its configuration, and say what is wrong and how to fix it.')
    .option(
      '--config <FILE>',
      'the YAML configuration file of the server (default: config.yaml in the state folder, if it exists)',
    )
    .option('--json', 'print one JSON document instead of a table')
    .action(async ({ config, json }: { config?: string; json?: boolean }) => {
      const { diagnose } = await import('../server/doctor/checks.js');
      const { makeContext } = await import('../server/doctor/context.js');
      const { report } = await import('../server/doctor/report.js');
      // npm runs scripts in the package's folder; a path on the command line is relative to where it was typed.
      const here = process.env.INIT_CWD ?? process.cwd();
      const own = join(defaultStateDir(process.env), 'config.yaml');
      const file = config === undefined ? (existsSync(own) ? own : null) : resolve(here, config);
      const groups = await diagnose(makeContext(file));
      const findings = groups.flatMap(group => group.findings);
      const failed = findings.some(({ status }) => status === 'fail');
      const { isTTY, columns } = process.stdout;
      const text = json
        ? `${JSON.stringify({ ok: !failed, findings }, null, 2)}\n`
        : report(groups, { width: columns ?? COLUMNS, colours: isTTY && !process.env.NO_COLOR });
      // Exit explicitly: requests without an answer may still be pending.
      process.stdout.write(text, () => process.exit(failed ? EXIT_FAILURES : 0));
    });
}
