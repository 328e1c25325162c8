import type { Finding } from '../../contract/finding.js';
import { CommandError, EXIT } from '../../domain/command-error.js';
import { redact } from '../../domain/source.js';

/** An invalid configuration: its findings, one per line, without passwords. */
export class ConfigError extends CommandError {
  readonly findings: readonly Finding[];

  /** @param where the prefix of a finding, such as `robot.yaml:3: ` */
  constructor(findings: readonly Finding[], where: (finding: Finding) => string = () => '') {
    super(
      EXIT.config,
      findings
        .map(finding => `${where(finding)}${redact(`${finding.path.join('.') || 'the file'} ${finding.message}`)}`)
        .join('\n'),
    );
    this.findings = findings;
  }
}
