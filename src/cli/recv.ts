import { Command, InvalidArgumentError, Option } from 'commander';
import { CommandError, EXIT } from '../domain/command-error.js';
import { CONTAINERS, PIPE_FORMATS } from '../messages/player.js';
import type { RecvOptions } from './receive.js';

const HELP = `
Examples:
  recv http://robot:8765                      all cameras of a robot, tiled in one window
  recv http://robot:8765 front --record drive.mkv
  recv https://host/path/whep                 any WHEP server
  recv ws://robot:8765 --legacy               a legacy sender, through its signaling server
  recv http://robot:8765 front --pipe bgr | my-detector

In the window: q or Escape quits, f or F11 toggles fullscreen. After half a second without a new frame, the window shows
how old the last one is.

The token comes from BIGFOOTBOT_TOKEN, from a file (--token-file), from the end of the URL (#token=…), or from a prompt
when the server asks for one. With --token, every user of this machine can see it (ps). For a server on this machine, its
own token is used.

Exit codes:
   0  finished: Ctrl-C, --duration, window closed, reader of --pipe closed
  ${EXIT.usage}  invalid command line                     ${EXIT.noInput}  unknown camera
  ${EXIT.noHost}  unknown host                             ${EXIT.unavailable}  server unreachable or unavailable
  ${EXIT.noDecoder}  no working decoder                       ${EXIT.noDisplay}  no display
  ${EXIT.cannotWrite}  cannot write a file                      ${EXIT.noPath}  no network path for the video (ICE)
  ${EXIT.protocol}  no common codec, or not a WHEP server    ${EXIT.noPermission}  token missing or wrong
  ${EXIT.internal}  internal error
`;

export function recvCommand(): Command {
  return new Command('recv')
    .description('Receive cameras: show, record or pipe them, with the lowest possible latency.')
    .argument(
      '<url>',
      'a robot (http://robot:8765), a WHEP endpoint, or with --legacy a legacy signaling server (ws://…)',
    )
    .argument('[camera...]', 'cameras of the robot, or further WHEP endpoints (default: all cameras)')
    .option('--windows', 'one window per camera (default: tiles in one window)')
    .option('--headless', 'show nothing')
    .addOption(
      new Option(
        '--record <FILE>',
        `record the stream without transcoding, into .${CONTAINERS.join(' or .')}; one file per camera. Existing files are kept: the next one is NAME-2`,
      ).argParser(recording),
    )
    .addOption(new Option('--snapshot <FILE>', 'save one frame as .jpg or .png, then exit').argParser(snapshotFile))
    .addOption(
      new Option(
        '--pipe <FORMAT>',
        'write the video of one camera to stdout: the encoded stream, or raw frames',
      ).choices([...PIPE_FORMATS]),
    )
    .option('--duration <SECONDS>', 'exit after this time', seconds)
    .option(
      '--measure-latency',
      'measure from capture to decoded pixels, by the time mark in the video (overlay: timemark)',
    )
    .option(
      '--jitter-ms <N>',
      'how long to wait for a lost packet; packets in order never wait',
      milliseconds,
      DEFAULT_JITTER_MS,
    )
    .option('--json', 'print one line of JSON per second and per event, on stdout; on stderr with --pipe')
    .option('--wait', 'keep retrying even if the first connection fails')
    .option('--decoder <ELEMENT>', 'the GStreamer element for decoding (default: the best that works)')
    .option('--sink <ELEMENT>', 'the GStreamer element for display (default: the best that opens)')
    .option('--legacy', 'the URL is the signaling server of a legacy sender')
    .option(
      '--token <TOKEN>',
      'the token (--token=TOKEN if it begins with "-"); every user of this machine can see it',
      noOption,
    )
    .option('--token-file <FILE>', 'a file that contains the token')
    .option('--ca <FILE>', 'for https: also trust this certificate or authority (PEM)')
    .addHelpText('after', HELP)
    .action(async (url: string, cameras: string[], options: RecvOptions) => {
      const { receive } = await import('./receive.js');
      await receive([url, ...cameras], options);
    });
}

/** Enough for a retransmission on a good Wi-Fi or LTE link, and hardly noticeable. */
const DEFAULT_JITTER_MS = 100;

function recording(value: string): string {
  if (!new RegExp(`\\.(${CONTAINERS.join('|')})$`, 'i').test(value))
    throw new InvalidArgumentError(`A recording must be .${CONTAINERS.join(' or .')}.`);
  return value;
}

function snapshotFile(value: string): string {
  if (!/\.(jpe?g|png)$/i.test(value)) throw new InvalidArgumentError('A snapshot must be .jpg or .png.');
  return value;
}

/** The word after `--token`, which may be meant as an option. The error does not quote it: it may be the token. */
function noOption(value: string): string {
  if (value.startsWith('-') && process.argv.includes('--token'))
    throw new CommandError(
      EXIT.usage,
      'The word after --token begins with "-", like an option. If it is the token, join the two with "=": --token=TOKEN.',
    );
  return value;
}

function seconds(value: string): number {
  const number = Number(value);
  if (!/^\d+(\.\d+)?$/.test(value) || number <= 0 || number > 2_000_000)
    throw new InvalidArgumentError('Expected a number of seconds above 0.');
  return number;
}

function milliseconds(value: string): number {
  const number = Number(value);
  if (!/^\d{1,4}$/.test(value)) throw new InvalidArgumentError('Expected a number of ms from 0 to 9999.');
  return number;
}
