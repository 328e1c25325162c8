import type { SessionFigures } from '../../src/domain/media-engine.js';
import type { CameraFigures } from '../../src/messages/player.js';
import type { CameraReport, CameraSummary } from '../../src/receiver/tally.js';

export const FIGURES: CameraFigures = {
  fps: 29.94,
  bitrate: 1_020_000,
  frames: 300,
  width: 640,
  height: 480,
  ageMs: 20,
  decodeMs: 2.34,
  freezes: 0,
  frozenMs: 0,
};
export const NETWORK: SessionFigures = {
  bitrate: 1_050_000,
  bytes: 2_000,
  packetsSent: 0,
  packetsReceived: 900,
  packetsLost: 3,
  lossPercent: 0.31,
  jitterMs: 1.25,
  roundTripMs: null,
  keyframeRequests: 1,
  retransmitted: 2,
};
export const REPORT: CameraReport = {
  camera: 'front',
  state: 'live',
  problem: null,
  figures: FIGURES,
  network: NETWORK,
  roundTripMs: 4.2,
  latency: null,
};
export const SUMMARY: CameraSummary = {
  camera: 'front',
  seconds: 12.3,
  frames: 360,
  fps: 29.9,
  freezes: 0,
  frozenMs: 0,
  packetsLost: 3,
  interruptions: {},
  latency: null,
};
