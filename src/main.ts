#!/usr/bin/env node
import { Command } from 'commander';
import { certificateCommand } from './cli/certificate.js';
import { devicesCommand } from './cli/devices.js';
import { doctorCommand } from './cli/doctor.js';
import { hideSecrets, withoutSecret } from './cli/hide-secrets.js';
import { recvCommand } from './cli/recv.js';
import { exitWith, serveCommand } from './cli/serve.js';
import { tokenCommand } from './cli/token.js';
import { EXIT } from './domain/command-error.js';

hideSecrets(process.argv);
const serve = serveCommand();
const program = new Command('bigfootbot-video')
  .description("Serves a robot's cameras to any WebRTC player.")
  .addCommand(serve, { isDefault: true })
  .addCommand(recvCommand())
  .addCommand(tokenCommand())
  .addCommand(certificateCommand())
  .addCommand(devicesCommand())
  .addCommand(doctorCommand())
  // Most people want help for the default command.
  .addHelpText('after', () => `\nThe default command is serve:\n\n${serve.helpInformation()}`)
  .configureOutput({ outputError: (text, write) => write(withoutSecret(text)) })
  .showHelpAfterError('(see --help)')
  .exitOverride(error => process.exit(error.exitCode === 0 ? 0 : EXIT.usage));
for (const command of program.commands) command.copyInheritedSettings(program);

await program.parseAsync().catch(exitWith);
