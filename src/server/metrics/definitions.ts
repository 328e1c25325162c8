/** Every metric that is not counted as things happen: read off when somebody asks, and gone with what it is of. */

interface Definition {
  type: 'gauge' | 'counter';
  help: string;
  labels: readonly string[];
}

const CAMERA = ['camera'] as const;
const SESSION = ['session', 'camera', 'protocol'] as const;
const PROCESS = ['process', 'camera'] as const;

// Names as https://prometheus.io/docs/practices/naming/ has them. Figures of one session are gauges, also those that only
// grow: they end with it, and a counter would leave one series for each session that ever was.
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
    help: 'For how long the event loop was held up at the longest, since it was asked last.',
    labels: PROCESS,
  },
  bigfootbot_camera_state: {
    type: 'gauge',
    help: '1 for the state that the camera is in, 0 for all others.',
    labels: ['camera', 'state'],
  },
  bigfootbot_camera_picture_age_seconds: {
    type: 'gauge',
    help: 'Since the newest picture of the camera that could be sent to viewers; it grows while the camera is closed, too.',
    labels: CAMERA,
  },
  bigfootbot_camera_picture_delay_seconds: {
    type: 'gauge',
    help: "From a picture's own time (capture, arrival, or when a file's is due) to its encoded form, of a few pictures.",
    labels: CAMERA,
  },
  bigfootbot_camera_encode_seconds: {
    type: 'gauge',
    help: 'The part of that delay that a picture is converted for the encoder and encoded; of what this server encodes.',
    labels: CAMERA,
  },
  bigfootbot_camera_frame_rate_hertz: {
    type: 'gauge',
    help: 'Encoded pictures a second, over the last second; 0 while closed.',
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
    help: 'Pictures that the source brought since it was opened.',
    labels: CAMERA,
  },
  bigfootbot_camera_encoded_frames_total: {
    type: 'counter',
    help: 'Encoded pictures, those of a slate included, since the encoder was opened.',
    labels: CAMERA,
  },
  bigfootbot_camera_sent_frames_total: {
    type: 'counter',
    help: 'Encoded pictures that were handed on to the viewers.',
    labels: CAMERA,
  },
  bigfootbot_camera_keyframes_total: {
    type: 'counter',
    help: 'Encoded pictures that need no other.',
    labels: CAMERA,
  },
  bigfootbot_camera_dropped_frames_total: {
    type: 'counter',
    help: 'Pictures that were left out: thinned (more came than are wanted), overrun (viewers could not be served in time).',
    labels: ['camera', 'reason'],
  },
  bigfootbot_camera_worker_restarts_total: {
    type: 'counter',
    help: "How often the camera's worker had to be started anew.",
    labels: CAMERA,
  },
  bigfootbot_session_connected: { type: 'gauge', help: '1 when ICE and DTLS are up, else 0.', labels: SESSION },
  bigfootbot_session_round_trip_seconds: {
    type: 'gauge',
    help: "By the viewer's last report.",
    labels: SESSION,
  },
  bigfootbot_session_loss_ratio: {
    type: 'gauge',
    help: 'Of the packets since the report before, 0 to 1.',
    labels: SESSION,
  },
  bigfootbot_session_jitter_seconds: { type: 'gauge', help: 'Interarrival jitter of the pictures.', labels: SESSION },
  bigfootbot_session_bytes: {
    type: 'gauge',
    help: 'RTP payload sent to a viewer or received of a publisher, so far.',
    labels: SESSION,
  },
  bigfootbot_session_packets: {
    type: 'gauge',
    help: 'Packets sent to a viewer or received of a publisher, so far.',
    labels: SESSION,
  },
  bigfootbot_session_lost_packets: { type: 'gauge', help: 'Packets lost so far.', labels: SESSION },
  bigfootbot_session_retransmitted_packets: { type: 'gauge', help: 'Packets sent anew so far.', labels: SESSION },
  bigfootbot_session_keyframe_requests: { type: 'gauge', help: 'PLI and FIR so far.', labels: SESSION },
  bigfootbot_session_silence_seconds: {
    type: 'gauge',
    help: 'Since the peer was last heard by its RTCP.',
    labels: SESSION,
  },
  bigfootbot_session_idle_seconds: {
    type: 'gauge',
    help: 'Since something was last sent to a viewer, or received of a publisher.',
    labels: SESSION,
  },
} as const satisfies Readonly<Record<string, Definition>>;

export type MetricName = keyof typeof DEFINITIONS;
