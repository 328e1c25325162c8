import { Registry } from 'prom-client';
import type { Cameras } from '../../domain/cameras.js';
import type { Camera, Session, System } from '../../domain/contract.js';
import type { EventBus } from '../../domain/events.js';
import type { FreshnessWatch, SessionFreshness } from '../../domain/freshness.js';
import type { CameraMeasures, Measuring, ProcessMeasures } from '../../domain/measures.js';
import type { Sessions } from '../../domain/sessions.js';
import { LoopLag } from '../../process/loop-lag.js';
import { processFigures } from '../../process/proc.js';
import { EventMetrics } from './event-metrics.js';
import { Scrape } from './scrape.js';

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
/** A worker that hangs does not answer. */
const POLL_INTERVAL_MS = 100;

/** What Prometheus scrapes: counted as it happens, or read at scrape time. */
export class Metrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #options: MetricsOptions;
  readonly #eventMetrics: EventMetrics;
  readonly #loopLag = new LoopLag();
  /** Shared by concurrent scrapes. */
  #measuring: Promise<ReadonlyMap<string, CameraMeasures>> | null = null;
  /**
   * The highest loss reported so far, by session: a late packet lowers it (RFC 3550 §6.4.1), which a counter must not
   * do.
   */
  #packetsLost: ReadonlyMap<string, number> = new Map();

  constructor(options: MetricsOptions) {
    this.#options = options;
    this.#eventMetrics = new EventMetrics(options.events);
  }

  /** @param sees whether the client may see a camera */
  async text(sees: (camera: string) => boolean): Promise<string> {
    const { cameras, sessions, system } = this.#options;
    const measured = await this.#measure();
    const scrape = new Scrape();
    const { version, node, gstreamer } = system();
    scrape.set('bigfootbot_build_info', { version, node, gstreamer: gstreamer ?? '' }, 1);
    const own = await processFigures(process.pid);
    writeProcess(scrape, 'control', '', own && { ...own, loopLagMs: this.#loopLag.take() });
    writeProcess(scrape, 'multi_camera', '', await this.#options.engine.measureMultiCamera());
    for (const camera of cameras.list())
      if (sees(camera.id)) this.#writeCamera(scrape, camera, measured.get(camera.id));
    const active = sessions.list('active');
    this.#packetsLost = new Map(
      active.map(({ id, stats }) => [id, Math.max(stats?.packetsLost ?? 0, this.#packetsLost.get(id) ?? 0)]),
    );
    for (const session of active) if (sees(session.camera)) this.#writeSession(scrape, session);
    return Registry.merge([scrape.registry, this.#eventMetrics.registry]).metrics();
  }

  close(): void {
    this.#eventMetrics.close();
    this.#loopLag.close();
  }

  #measure(): Promise<ReadonlyMap<string, CameraMeasures>> {
    const { engine } = this.#options;
    this.#measuring ??= engine
      .measure()
      // Last, so that frame ages are those of this moment.
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
    scrape: Scrape,
    camera: Camera,
    { process, stream }: CameraMeasures = { process: null, stream: null },
  ): void {
    const { id, state, fps, bitrate, viewers, restarts } = camera;
    const labels = { camera: id };
    for (const name of STATES)
      scrape.set('bigfootbot_camera_state', { ...labels, state: name }, Number(name === state));
    const { ageMs = null } = this.#options.engine.freshness(id) ?? {};
    scrape.set('bigfootbot_camera_frame_age_seconds', labels, seconds(ageMs));
    scrape.set('bigfootbot_camera_frame_rate_hertz', labels, fps);
    scrape.set('bigfootbot_camera_video_bytes_per_second', labels, bitrate / 8);
    scrape.set('bigfootbot_camera_viewers', labels, viewers);
    scrape.set('bigfootbot_camera_worker_restarts_total', labels, restarts);
    writeProcess(scrape, 'camera', id, process);
    if (!stream) return;
    scrape.set('bigfootbot_camera_frame_delay_seconds', labels, seconds(stream.delayMs));
    scrape.set('bigfootbot_camera_encode_seconds', labels, seconds(stream.encodeMs));
    scrape.set('bigfootbot_camera_captured_frames_total', labels, stream.captured);
    scrape.set('bigfootbot_camera_encoded_frames_total', labels, stream.encoded);
    scrape.set('bigfootbot_camera_sent_frames_total', labels, stream.sent);
    scrape.set('bigfootbot_camera_keyframes_total', labels, stream.keyframes);
    const dropped = 'bigfootbot_camera_dropped_frames_total';
    scrape.set(dropped, { ...labels, reason: 'rate_limited' }, stream.thinned);
    scrape.set(dropped, { ...labels, reason: 'queue_overflow' }, stream.overrun);
  }

  #writeSession(scrape: Scrape, { id, camera, protocol, state, stats }: Session): void {
    const labels = { session: id, camera, protocol };
    scrape.set('bigfootbot_session_connected', labels, Number(state === 'connected'));
    const fresh: SessionFreshness | undefined = this.#options.engine.freshness(camera)?.sessions.get(id);
    scrape.set('bigfootbot_session_silence_seconds', labels, seconds(fresh?.heardMs ?? null));
    scrape.set('bigfootbot_session_idle_seconds', labels, seconds(fresh?.movedMs ?? null));
    if (!stats) return;
    scrape.set('bigfootbot_session_round_trip_seconds', labels, seconds(stats.roundTripMs));
    scrape.set('bigfootbot_session_loss_ratio', labels, stats.lossPercent === null ? null : stats.lossPercent / 100);
    scrape.set('bigfootbot_session_jitter_seconds', labels, seconds(stats.jitterMs));
    const lost = stats.packetsLost === null ? null : (this.#packetsLost.get(id) ?? null);
    scrape.set('bigfootbot_session_bytes_total', labels, stats.bytes);
    // RTP flows in one direction; RTCP, the only traffic in the other, is not counted.
    scrape.set('bigfootbot_session_packets_total', labels, Math.max(stats.packetsSent, stats.packetsReceived));
    scrape.set('bigfootbot_session_lost_packets_total', labels, lost);
    scrape.set('bigfootbot_session_retransmitted_packets_total', labels, stats.retransmitted);
    scrape.set('bigfootbot_session_keyframe_requests_total', labels, stats.keyframeRequests);
  }
}

function writeProcess(
  scrape: Scrape,
  name: 'control' | 'camera' | 'multi_camera',
  camera: string,
  figures: ProcessMeasures | null,
): void {
  if (!figures) return;
  const labels = { process: name, camera };
  scrape.set('bigfootbot_process_cpu_seconds_total', labels, figures.cpuSeconds);
  scrape.set('bigfootbot_process_resident_memory_bytes', labels, figures.residentBytes);
  scrape.set('bigfootbot_process_open_fds', labels, figures.fds);
  scrape.set('bigfootbot_process_threads', labels, figures.threads);
  scrape.set('bigfootbot_process_event_loop_lag_seconds', labels, seconds(figures.loopLagMs));
}

const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);
