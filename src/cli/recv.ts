import { Command, InvalidArgumentError, Option } from 'commander';
import { CommandError, EXIT } from '../domain/command-error.js';
import { CONTAINERS, PIPE_FORMATS } from '../messages/player.js';
import type { RecvOptions } from './receive.js';

const HELP = `
Examples:
  recv http://robot:8765                      all cameras of a robot, tiled in one window
  recv http://robot:8765 front --record drive.mkv
  recv https://host/path/whep                 any WHEP server
  recv ws://robot:8765 --legacy               an old sender, at its signaling server
  recv http://robot:8765 front --pipe bgr | my-detector

In the window: q or Escape ends it, f fills the screen. Without a picture for half a second, how old it is stands in it.

The token: in BIGFOOTBOT_TOKEN, in a file (--token-file), at the end of the URL (#token=…), or typed when the server asks
for one. With --token every user of this machine can see it (ps). Of a server on this machine its own token is used.

Exit codes:
   0  over: Ctrl-C, --duration, the window closed, the reader of --pipe gone
  ${EXIT.usage}  a mistake on the command line            ${EXIT.noInput}  no such camera
  ${EXIT.noHost}  no such host                             ${EXIT.unavailable}  nothing answers there, or it cannot serve now
  ${EXIT.noDecoder}  no decoder works                         ${EXIT.noDisplay}  no display
  ${EXIT.cannotWrite}  a file cannot be written                 ${EXIT.noPath}  no path for the video (ICE)
  ${EXIT.protocol}  no codec in common, or it is no WHEP     ${EXIT.noPermission}  the token is missing or wrong
  ${EXIT.internal}  a mistake of this program
`;

export function recvCommand(): Command {
  return new Command('recv')
    .description('Receive cameras: show, record or pipe them, with the least delay that there can be.')
    .argument('<url>', 'a robot (http://robot:8765), a WHEP endpoint, or with --legacy a signaling server (ws://…)')
    .argument('[camera...]', 'cameras of the robot, or more WHEP endpoints (default: all cameras)')
    .option('--windows', 'a window for each camera (default: tiles in one)')
    .option('--headless', 'show nothing')
    .addOption(
      new Option(
        '--record <FILE>',
        `the stream as it comes, into .${CONTAINERS.join(' or .')}; of several cameras a file each. No file is written over: NAME-2 is begun instead`,
      ).argParser(recording),
    )
    .addOption(new Option('--snapshot <FILE>', 'one picture into .jpg or .png, then end').argParser(snapshotFile))
    .addOption(
      new Option('--pipe <FORMAT>', 'pictures of one camera to stdout: the stream as it comes, or raw').choices([
        ...PIPE_FORMATS,
      ]),
    )
    .option('--duration <SECONDS>', 'end after so long', seconds)
    .option('--measure-latency', 'from capture to decoded pixels, by the time mark in the pictures (overlay: timemark)')
    .option(
      '--jitter-ms <N>',
      'how long a lost packet is waited for; what comes in order never waits',
      milliseconds,
      DEFAULT_JITTER_MS,
    )
    .option('--json', 'one line of JSON a second and event, on stdout; on stderr with --pipe')
    .option('--wait', 'go on trying where it has never worked')
    .option('--decoder <ELEMENT>', 'the GStreamer element that decodes (default: the best that works)')
    .option('--sink <ELEMENT>', 'the GStreamer element that shows (default: the best that opens)')
    .option('--legacy', 'the URL is the signaling server of an old sender')
    .option(
      '--token <TOKEN>',
      'the token (--token=TOKEN where it begins with "-"); every user of this machine can see it',
      noOption,
    )
    .option('--token-file <FILE>', 'a file that holds the token')
    .option('--ca <FILE>', 'of https: trust this certificate too, or whom it is of (PEM)')
    .addHelpText('after', HELP)
    .action(async (url: string, cameras: string[], options: RecvOptions) => {
      const { receive } = await import('./receive.js');
      await receive([url, ...cameras], options);
    });
}

/** What a retransmission takes on a good Wi-Fi or LTE link, and what a person hardly notices. */
const DEFAULT_JITTER_MS = 100;

function recording(value: string): string {
  if (!new RegExp(`\\.(${CONTAINERS.join('|')})$`, 'i').test(value))
    throw new InvalidArgumentError(`A recording is .${CONTAINERS.join(' or .')}.`);
  return value;
}

function snapshotFile(value: string): string {
  if (!/\.(jpe?g|png)$/i.test(value)) throw new InvalidArgumentError('A picture is .jpg or .png.');
  return value;
}

/** The word behind `--token`, which may be an option that was meant as one. It is not repeated, as it may be the token. */
function noOption(value: string): string {
  if (value.startsWith('-') && process.argv.includes('--token'))
    throw new CommandError(
      EXIT.usage,
      'The word after --token begins with "-", as an option does. If it is the token, join the two with "=" in place of the space.',
    );
  return value;
}

function seconds(value: string): number {
  const number = Number(value);
  if (!/^\d+(\.\d+)?$/.test(value) || number <= 0 || number > 2_000_000)
    throw new InvalidArgumentError('It is a number of seconds above 0.');
  return number;
}

function milliseconds(value: string): number {
  const number = Number(value);
  if (!/^\d{1,4}$/.test(value)) throw new InvalidArgumentError('It is a number of ms from 0 to 9999.');
  return number;
}
