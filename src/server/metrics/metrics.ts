import { Registry } from 'prom-client';
import type { Cameras } from '../../domain/cameras.js';
import type { Camera, Session, System } from '../../domain/contract.js';
import type { EventBus } from '../../domain/events.js';
import type { FreshnessWatch, SessionFreshness } from '../../domain/freshness.js';
import type { CameraMeasures, Measuring, ProcessMeasures } from '../../domain/measures.js';
import type { Sessions } from '../../domain/sessions.js';
import { LoopLag } from '../../process/loop-lag.js';
import { processFigures } from '../../process/proc.js';
import { Sheet } from './sheet.js';
import { Tally } from './tally.js';

export interface MetricsOptions {
  cameras: Cameras;
  sessions: Sessions;
  events: EventBus;
  engine: Measuring & FreshnessWatch;
  system(): System;
}

/** The contract's enum. */
const STATES: readonly Camera['state'][] = [
  ...(['starting', 'idle', 'waiting', 'opening', 'live', 'lost', 'failed', 'down'] as const),
];
/** A worker that hangs gives no answer. */
const POLL_INTERVAL_MS = 100;

/** What Prometheus is told: counted as it happens, or read off when it asks. */
export class Metrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #options: MetricsOptions;
  readonly #tally: Tally;
  readonly #loopLag = new LoopLag();
  /** Whoever asks meanwhile is told the same. */
  #measuring: Promise<ReadonlyMap<string, CameraMeasures>> | null = null;

  constructor(options: MetricsOptions) {
    this.#options = options;
    this.#tally = new Tally(options.events);
  }

  /** @param sees the cameras of which whoever asks may know */
  async text(sees: (camera: string) => boolean): Promise<string> {
    const { cameras, sessions, system } = this.#options;
    const measured = await this.#measure();
    const sheet = new Sheet();
    const { version, node, gstreamer } = system();
    sheet.set('bigfootbot_build_info', { version, node, gstreamer: gstreamer ?? '' }, 1);
    const own = await processFigures(process.pid);
    writeProcess(sheet, 'control', '', own && { ...own, loopLagMs: this.#loopLag.take() });
    writeProcess(sheet, 'bundles', '', await this.#options.engine.measureMultiCamera());
    for (const camera of cameras.list()) if (sees(camera.id)) this.#writeCamera(sheet, camera, measured.get(camera.id));
    for (const session of sessions.list('active')) if (sees(session.camera)) this.#writeSession(sheet, session);
    return Registry.merge([sheet.registry, this.#tally.registry]).metrics();
  }

  close(): void {
    this.#tally.close();
    this.#loopLag.close();
  }

  #measure(): Promise<ReadonlyMap<string, CameraMeasures>> {
    const { engine } = this.#options;
    this.#measuring ??= engine
      .measure()
      // Last: it is to be of this moment.
      .then(async measured => {
        await engine.refresh(0, POLL_INTERVAL_MS);
        return measured;
      })
      .finally(() => {
        this.#measuring = null;
      });
    return this.#measuring;
  }

  #writeCamera(
    sheet: Sheet,
    camera: Camera,
    { process, stream }: CameraMeasures = { process: null, stream: null },
  ): void {
    const { id, state, fps, bitrate, viewers, restarts } = camera;
    const labels = { camera: id };
    for (const name of STATES) sheet.set('bigfootbot_camera_state', { ...labels, state: name }, Number(name === state));
    const { ageMs = null } = this.#options.engine.freshness(id) ?? {};
    sheet.set('bigfootbot_camera_picture_age_seconds', labels, seconds(ageMs));
    sheet.set('bigfootbot_camera_frame_rate_hertz', labels, fps);
    sheet.set('bigfootbot_camera_video_bytes_per_second', labels, bitrate / 8);
    sheet.set('bigfootbot_camera_viewers', labels, viewers);
    sheet.set('bigfootbot_camera_worker_restarts_total', labels, restarts);
    writeProcess(sheet, 'camera', id, process);
    if (!stream) return;
    sheet.set('bigfootbot_camera_picture_delay_seconds', labels, seconds(stream.delayMs));
    sheet.set('bigfootbot_camera_encode_seconds', labels, seconds(stream.encodeMs));
    sheet.set('bigfootbot_camera_captured_frames_total', labels, stream.captured);
    sheet.set('bigfootbot_camera_encoded_frames_total', labels, stream.encoded);
    sheet.set('bigfootbot_camera_sent_frames_total', labels, stream.sent);
    sheet.set('bigfootbot_camera_keyframes_total', labels, stream.keyframes);
    for (const reason of ['thinned', 'overrun'] as const)
      sheet.set('bigfootbot_camera_dropped_frames_total', { ...labels, reason }, stream[reason]);
  }

  #writeSession(sheet: Sheet, { id, camera, protocol, state, stats }: Session): void {
    const labels = { session: id, camera, protocol };
    sheet.set('bigfootbot_session_connected', labels, Number(state === 'connected'));
    const fresh: SessionFreshness | undefined = this.#options.engine.freshness(camera)?.sessions.get(id);
    sheet.set('bigfootbot_session_silence_seconds', labels, seconds(fresh?.heardMs ?? null));
    sheet.set('bigfootbot_session_idle_seconds', labels, seconds(fresh?.movedMs ?? null));
    if (!stats) return;
    sheet.set('bigfootbot_session_round_trip_seconds', labels, seconds(stats.roundTripMs));
    sheet.set('bigfootbot_session_loss_ratio', labels, stats.lossPercent === null ? null : stats.lossPercent / 100);
    sheet.set('bigfootbot_session_jitter_seconds', labels, seconds(stats.jitterMs));
    sheet.set('bigfootbot_session_bytes', labels, stats.bytes);
    // In the direction of the pictures; in the other there are reports alone, which are not among them.
    sheet.set('bigfootbot_session_packets', labels, Math.max(stats.packetsSent, stats.packetsReceived));
    sheet.set('bigfootbot_session_lost_packets', labels, stats.packetsLost);
    sheet.set('bigfootbot_session_retransmitted_packets', labels, stats.retransmitted);
    sheet.set('bigfootbot_session_keyframe_requests', labels, stats.keyframeRequests);
  }
}

function writeProcess(
  sheet: Sheet,
  name: 'control' | 'camera' | 'bundles',
  camera: string,
  figures: ProcessMeasures | null,
): void {
  if (!figures) return;
  const labels = { process: name, camera };
  sheet.set('bigfootbot_process_cpu_seconds_total', labels, figures.cpuSeconds);
  sheet.set('bigfootbot_process_resident_memory_bytes', labels, figures.residentBytes);
  sheet.set('bigfootbot_process_open_fds', labels, figures.fds);
  sheet.set('bigfootbot_process_threads', labels, figures.threads);
  sheet.set('bigfootbot_process_event_loop_lag_seconds', labels, seconds(figures.loopLagMs));
}

const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);
