import type { IceUrl } from '../protocol/ice-url.js';
import type { Offer } from '../protocol/offer.js';
import type { Camera, CameraSettings, Control, Device, EndReason, Session, System } from './contract.js';
import type { Source } from './source.js';

/** A camera as it is to be run: the configuration with its defaults filled in and its source read. */
export interface CameraPlan {
  id: string;
  name: string;
  source: Source;
  settings: Camera['settings'];
}

/** How a camera is, as its engine sees it. */
export type CameraStatus = Pick<
  Camera,
  | 'state'
  | 'problem'
  | 'notices'
  | 'lostSince'
  | 'device'
  | 'capture'
  | 'encoder'
  | 'passthrough'
  | 'fps'
  | 'bitrate'
  | 'video'
  | 'audio'
  | 'renditions'
  | 'publisher'
  | 'restarts'
>;

/** What runs the cameras and talks WebRTC to the viewers. */
export interface MediaEngine {
  /**
   * Adds a viewer to a camera; resolves with the SDP answer.
   * @param requestId is in all lines that the log has of it
   * @throws Failure, OfferError
   */
  watch(camera: string, session: string, offer: Offer, requestId: string): Promise<string>;
  /**
   * Makes a camera of source `whip` live; resolves with the SDP answer. The camera has at most one publisher: whoever
   * calls has seen to that.
   * @param requestId as for watch
   * @throws Failure, OfferError
   */
  publish(camera: string, session: string, offer: Offer, requestId: string): Promise<string>;
  /**
   * Whether a camera that is live could be made so by this offer. What only an attempt can show is not known by it.
   * @throws Failure, OfferError
   */
  checkPublisher(camera: string, offer: Offer): void;
  /** More candidates of a session's peer: values of `a=candidate` lines. Unusable ones are dropped. */
  trickle(camera: string, session: string, candidates: readonly string[]): void;
  /** Takes a viewer or a publisher away again. Nothing happens if it is not there. */
  leave(camera: string, session: string): void;
}

/** A camera's part in a connection that carries several. */
export interface BundlePart {
  camera: string;
  session: string;
}

/** What a peer is to be told. */
export interface OfferedBundle {
  sdp: string;
  /** Values of its `a=candidate` lines. */
  candidates: readonly string[];
}

/**
 * Connections that carry several cameras, each of which has a session of its own. The engine's `leave` takes one out;
 * with its last session a connection ends.
 */
export interface Bundles {
  /** Somebody is likely to need one soon. */
  prepareBundles(): void;
  /**
   * Offers cameras to a peer, one that cannot be opened too: its section is empty until it can.
   * @param mids what the sections are called to the peer
   * @throws Failure
   */
  offerBundle(bundle: string, parts: readonly BundlePart[], mids: readonly string[]): Promise<OfferedBundle>;
  /** Takes the peer's answer. @throws AnswerError */
  acceptBundle(bundle: string, answer: string): void;
  /**
   * Takes what a peer sends; each section is a camera of source `legacy`.
   * @throws Failure, OfferError
   */
  receiveBundle(bundle: string, parts: readonly BundlePart[], offer: Offer): Promise<OfferedBundle>;
  /** More candidates of the peer's: values of `a=candidate` lines that can be used. */
  trickleBundle(bundle: string, candidates: readonly string[]): void;
}

/** A V4L2 camera that is plugged in; what uses it is for others to say. */
export type CaptureDevice = Omit<Device, 'cameras'>;
export type CaptureMode = CaptureDevice['modes'][number];

/** What a control of a V4L2 device can be set to. */
export type ControlValue = number | boolean | string;

/** A control that could not be set, and why: words without a full stop. */
export interface ControlFailure {
  name: string;
  reason: string;
}

export interface SetControls {
  /** What is to be set again when the camera is plugged in anew; null for what is to be forgotten. */
  kept: Readonly<Record<string, ControlValue | null>>;
  failed: readonly ControlFailure[];
}

/** The controls of V4L2 devices. */
export interface DeviceControls {
  /** @throws Failure camera-unavailable */
  read(device: string): Promise<Control[]>;
  /**
   * Sets several, or none if one of them cannot be so; null brings a default back.
   * @throws Failure invalid-body, camera-unavailable
   */
  set(device: string, values: Readonly<Record<string, ControlValue | null>>): Promise<SetControls>;
}

/** What the engine may hold. */
export interface MediaLimits {
  /** How long a camera stays open after its last viewer. */
  lingerMs: number;
  /** How long the viewers of a publisher who left are shown a slate. */
  publisherReturnMs: number;
  /** H.264 encoders open at the same time; null for any number. */
  encoders: number | null;
}

/** A frame of a camera, as JPEG. */
export interface Snapshot {
  jpeg: Uint8Array;
  /** When it was captured, ms of CLOCK_MONOTONIC. */
  capturedAt: number;
}

/** What the handlers of single pictures need of the engine. */
export interface Pictures {
  /** Makes the next picture of an open camera a keyframe, of one that is closed nothing. @throws Failure */
  keyframe(camera: string): void;
  /**
   * The newest frame of a camera; opens it if it is closed.
   * @throws Failure camera-unavailable, …
   */
  snapshot(camera: string): Promise<Snapshot>;
}

/** The sources that somebody may give a camera: any, or those that `access.sources` lists. */
export type SourceRight = 'any' | 'listed';

/** Changes cameras where they are configured; resolves when that is kept and holds. */
export interface CameraEditor {
  /** Names the camera as it is configured now: the value of an ETag, without quotes. @throws Failure unknown-camera */
  etagOf(id: string): string;
  /** @throws Failure camera-exists, forbidden, invalid-body, config-not-writable */
  create(id: string, settings: CameraSettings, sources: SourceRight): Promise<void>;
  /**
   * @param precondition the request's If-Match, compared at the moment of the change; undefined for whatever
   * @throws Failure unknown-camera, camera-changed, forbidden, invalid-body, passthrough, config-not-writable
   */
  replace(id: string, settings: CameraSettings, precondition: string | undefined, sources: SourceRight): Promise<void>;
  /** A JSON merge patch (RFC 7396): null takes a setting out, which brings its default back. @throws as replace */
  patch(
    id: string,
    patch: Readonly<Record<string, unknown>>,
    precondition: string | undefined,
    sources: SourceRight,
  ): Promise<void>;
  /** @throws Failure unknown-camera, camera-changed, config-not-writable */
  remove(id: string, precondition: string | undefined): Promise<void>;
}

/** What runs cameras, as far as their configuration goes. */
export interface CameraRunner {
  add(plan: CameraPlan): void;
  /** Its source or its settings have changed. */
  change(plan: CameraPlan): void;
  /** Its sessions have been ended. Resolves when nothing of it is left. */
  remove(id: string): Promise<void>;
}

/** ICE as it is to be run: the configuration with its defaults filled in, its URLs and files read. */
export interface IcePlan {
  servers: readonly IceServerPlan[];
  /** Both ends included; null for any. */
  udpPorts: { min: number; max: number } | null;
  /** Names or addresses; null for all. */
  interfaces: readonly string[] | null;
  /** Addresses or host names. */
  announce: readonly string[];
}

export interface IceServerPlan {
  urls: readonly IceUrl[];
  access:
    | { type: 'open' }
    | { type: 'fixed'; username: string; credential: string }
    /** Made for each client from a secret that the server knows too; `lifetime` in seconds. */
    | { type: 'timed'; secret: string; lifetime: number };
}

/** What HTTP clients are told of the ICE servers. */
export interface IceForClients {
  /**
   * Values of `Link` headers, one for each URL, credentials made now.
   * @param client a name that the TURN server's log shows; null for one who has not shown a token, and gets nothing that
   *   needs credentials
   */
  links(client: string | null): string[];
}

/** What the server's own ICE agents use, at one moment: credentials in it may be short-lived. */
export interface IceAgentSettings {
  /** `stun://host:port`, as webrtcbin's property has it; null for none, or one that does not answer. */
  stunServer: string | null;
  /** `turn://user:password@host:port?transport=udp`, likewise; percent-encoded. */
  turnServers: readonly string[];
  /** UDP ports to take, both ends included; null for any. */
  udpPorts: { min: number; max: number } | null;
  /** Addresses of this machine to use, at least one; null for all. */
  addresses: readonly string[] | null;
  /** Addresses under which this machine's host candidates are reached as well, best first (NAT, containers). */
  announce: readonly string[];
  /** ms to wait for what the servers say, at the most: from how quickly they answered last. */
  gatheringMs: number;
}

/** What went through a session, and how; as one end of it measures. */
export interface SessionFigures {
  bitrate: number;
  bytes: number;
  packetsSent: number;
  packetsReceived: number;
  packetsLost: number | null;
  lossPercent: number | null;
  jitterMs: number | null;
  roundTripMs: number | null;
  keyframeRequests: number;
  retransmitted: number;
}

/** What an engine tells of by itself. */
export interface MediaEvents {
  cameraChanged(camera: string, status: CameraStatus): void;
  sessionConnected(session: string): void;
  /** Its first packet has been sent. */
  sessionSending(session: string): void;
  sessionEnded(session: string, reason: EndReason, detail: string | null): void;
  sessionMeasured(session: string, stats: NonNullable<Session['stats']>): void;
  /** A camera of source `legacy` is open, and waits for whoever sends it; or is closed again. */
  senderWanted(camera: string, wanted: boolean): void;
}

/** How old what a session's peer has is, as far as this end of it knows; see docs/freshness.md. */
export interface SessionFreshness {
  /** ms since something was last sent to a viewer, or received of a publisher; null before the first. */
  movedMs: number | null;
  /** ms since the peer was last heard: a report of its own, or a packet; null before the first. */
  heardMs: number | null;
}

export interface CameraFreshness {
  /** ms since the newest picture of the camera that viewers could be sent; null if there never was one. It only grows without one. */
  ageMs: number | null;
  /** By their ids. */
  sessions: ReadonlyMap<string, SessionFreshness>;
}

/** Knows how old the newest pictures are, by clocks that do not jump. */
export interface FreshnessWatch {
  /**
   * Has the workers say what they know now; resolves when they have, or after `patienceMs`: one that hangs says nothing.
   * @param everyMs until it is asked again; what is said is the more exact the shorter it is; 0 for once
   */
  look(everyMs: number, patienceMs: number): Promise<void>;
  /** At this moment, by what was said last: it grows by itself. Null for a camera that is not there. */
  freshness(camera: string): CameraFreshness | null;
}

/** Of a camera's stream, since its encoder was opened, or its source where that is passed on. */
export interface StreamFigures {
  /** Pictures that the source brought since it was opened; null while none is open. */
  captured: number | null;
  encoded: number;
  /** Those that were handed on to the viewers. */
  sent: number;
  keyframes: number;
  /** Pictures that were left out, as there were more than wanted. */
  thinned: number;
  /** Encoded pictures that were left out, as the thread that serves the viewers did not come to them. */
  overrun: number;
  /** Ms from a picture's own time to when it was encoded, of the last few; null where none came. */
  delayMs: number | null;
  /** Ms of them that were converting for the encoder and encoding; null as well where the stream came encoded. */
  encodeMs: number | null;
}

/** What is measured of a camera only when somebody asks. */
export interface CameraMeasures {
  /** Of its worker; null while there is none. */
  process: ProcessMeasures | null;
  /** Null while it is closed, and where its worker gave no answer. */
  stream: StreamFigures | null;
}

export interface ProcessMeasures {
  cpuSeconds: number;
  residentBytes: number;
  fds: number;
  threads: number;
  /** ms that its event loop was held up at the longest, since somebody asked last; null where that is not known. */
  loopLagMs: number | null;
}

/** Measures what costs something. */
export interface Measuring {
  /** By the cameras' ids. */
  measure(): Promise<ReadonlyMap<string, CameraMeasures>>;
  /** Of the process for connections of several cameras; null while it does not run. */
  measureBundles(): Promise<ProcessMeasures | null>;
}

/** What was found out about the machine. */
export type Machine = Pick<System, 'gstreamer' | 'encoders'>;

/** What the server shows to whoever connects over TLS: at this moment, as it is renewed. */
export interface ServerCertificate {
  /** PEM, with its chain. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  /** Whether nobody else vouches for it: browsers have been talked into it then. */
  readonly isSelfSigned: boolean;
  /** @param take is called when another one has taken its place */
  onChange(take: () => void): void;
}

/** Lines of the log: an event and its fields. */
export interface Log {
  debug(fields: object, event: string): void;
  info(fields: object, event: string): void;
  warn(fields: object, event: string): void;
  error(fields: object, event: string): void;
}
