/** Every metric that is read at scrape time; a series ends with the camera, session or process it belongs to. */

interface Definition {
  type: 'gauge' | 'counter';
  help: string;
  labels: readonly string[];
}

const CAMERA = ['camera'] as const;
const SESSION = ['session', 'camera', 'protocol'] as const;
const PROCESS = ['process', 'camera'] as const;

// Names follow https://prometheus.io/docs/practices/naming/.
export const DEFINITIONS = {
  bigfootbot_build_info: {
    type: 'gauge',
    help: 'Always 1; versions are in the labels.',
    labels: ['version', 'node', 'gstreamer'],
  },
  bigfootbot_process_cpu_seconds_total: {
    type: 'counter',
    help: 'CPU time of all threads of a process.',
    labels: PROCESS,
  },
  bigfootbot_process_resident_memory_bytes: { type: 'gauge', help: 'Resident memory of a process.', labels: PROCESS },
  bigfootbot_process_open_fds: { type: 'gauge', help: 'Open file descriptors of a process.', labels: PROCESS },
  bigfootbot_process_threads: { type: 'gauge', help: 'Threads of a process.', labels: PROCESS },
  bigfootbot_process_event_loop_lag_seconds: {
    type: 'gauge',
    help: 'Longest time for which the event loop was blocked since the previous scrape.',
    labels: PROCESS,
  },
  bigfootbot_camera_state: {
    type: 'gauge',
    help: '1 for the current state of the camera, 0 for all others.',
    labels: ['camera', 'state'],
  },
  bigfootbot_camera_frame_age_seconds: {
    type: 'gauge',
    help: 'Age of the newest frame that could be sent to viewers; it also grows while the camera is closed.',
    labels: CAMERA,
  },
  bigfootbot_camera_frame_delay_seconds: {
    type: 'gauge',
    help: "From a frame's own time (capture, arrival, or when a file's is due) to its encoded form, for a few frames.",
    labels: CAMERA,
  },
  bigfootbot_camera_encode_seconds: {
    type: 'gauge',
    help: 'The part of that delay for converting a frame for the encoder and encoding it; absent for passthrough.',
    labels: CAMERA,
  },
  bigfootbot_camera_frame_rate_hertz: {
    type: 'gauge',
    help: 'Encoded frames per second, over the last second; 0 while closed.',
    labels: CAMERA,
  },
  bigfootbot_camera_video_bytes_per_second: {
    type: 'gauge',
    help: 'Encoded video, over the last second; 0 while closed.',
    labels: CAMERA,
  },
  bigfootbot_camera_viewers: { type: 'gauge', help: 'Sessions of viewers.', labels: CAMERA },
  bigfootbot_camera_captured_frames_total: {
    type: 'counter',
    help: 'Frames that the source delivered since it was opened.',
    labels: CAMERA,
  },
  bigfootbot_camera_encoded_frames_total: {
    type: 'counter',
    help: 'Encoded frames, placeholder frames included, since the encoder was opened.',
    labels: CAMERA,
  },
  bigfootbot_camera_sent_frames_total: {
    type: 'counter',
    help: 'Encoded frames that were passed to the viewers.',
    labels: CAMERA,
  },
  bigfootbot_camera_keyframes_total: {
    type: 'counter',
    help: 'Encoded frames that decode without any other.',
    labels: CAMERA,
  },
  bigfootbot_camera_dropped_frames_total: {
    type: 'counter',
    help: 'Frames dropped: rate_limited (above the configured frame rate), queue_overflow (viewers not served in time).',
    labels: ['camera', 'reason'],
  },
  bigfootbot_camera_worker_restarts_total: {
    type: 'counter',
    help: "Restarts of the camera's worker.",
    labels: CAMERA,
  },
  bigfootbot_session_connected: { type: 'gauge', help: '1 when ICE and DTLS are up, else 0.', labels: SESSION },
  bigfootbot_session_round_trip_seconds: {
    type: 'gauge',
    help: "From the viewer's last RTCP report.",
    labels: SESSION,
  },
  bigfootbot_session_loss_ratio: {
    type: 'gauge',
    help: 'Share of the packets lost since the previous report, 0 to 1.',
    labels: SESSION,
  },
  bigfootbot_session_jitter_seconds: { type: 'gauge', help: 'Interarrival jitter of the video.', labels: SESSION },
  bigfootbot_session_bytes_total: {
    type: 'counter',
    help: 'RTP payload sent to a viewer or received from a publisher.',
    labels: SESSION,
  },
  bigfootbot_session_packets_total: {
    type: 'counter',
    help: 'RTP packets sent to a viewer or received from a publisher.',
    labels: SESSION,
  },
  bigfootbot_session_lost_packets_total: { type: 'counter', help: 'RTP packets lost.', labels: SESSION },
  bigfootbot_session_retransmitted_packets_total: {
    type: 'counter',
    help: 'RTP packets retransmitted.',
    labels: SESSION,
  },
  bigfootbot_session_keyframe_requests_total: { type: 'counter', help: 'PLI and FIR.', labels: SESSION },
  bigfootbot_session_silence_seconds: {
    type: 'gauge',
    help: 'Time since the last RTCP from the peer.',
    labels: SESSION,
  },
  bigfootbot_session_idle_seconds: {
    type: 'gauge',
    help: 'Time since something was last sent to a viewer, or received from a publisher.',
    labels: SESSION,
  },
} as const satisfies Readonly<Record<string, Definition>>;

export type MetricName = keyof typeof DEFINITIONS;
