#!/usr/bin/env node
import { Command } from 'commander';
import { EXIT } from './cli/command-error.js';
import { doctorCommand } from './cli/doctor.js';
import { exitWith, serveCommand } from './cli/serve.js';

const program = new Command('bigfootbot-video')
  .description("A robot's cameras in any WebRTC player.")
  .addCommand(serveCommand(), { isDefault: true })
  .addCommand(doctorCommand())
  .showHelpAfterError('(add --help for what there is)')
  .exitOverride(error => process.exit(error.exitCode === 0 ? 0 : EXIT.usage));
for (const command of program.commands) command.copyInheritedSettings(program);

await program.parseAsync().catch(exitWith);
