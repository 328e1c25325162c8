import { createRequire } from 'node:module';

/**
 * The only module that loads node-gtk. The parts of GStreamer in use are typed here by hand: node-gtk has no types, and
 * a short list shows what this project depends on. Names are GStreamer's own, in node-gtk's camel case.
 */
export interface GstObject {
  name: string;
  refSink(): void;
}

export interface Pad extends GstObject {
  link(sink: Pad): number;
  linkFull(sink: Pad, flags: number): number;
  unlink(sink: Pad): boolean;
  getPeer(): Pad | null;
  sendEvent(event: unknown): boolean;
  getCurrentCaps(): Caps | null;
  getStickyEvent(type: number, index: number): unknown;
  /** ns added to running times that pass the pad. */
  setOffset(ns: number): void;
}

export interface Caps {
  getSize(): number;
  getStructure(index: number): Structure;
  toString(): string;
}

/** A buffer and its caps. Its bytes stay native: reading them costs ms in JavaScript. */
export interface Sample {
  getBuffer(): Buffer;
  getCaps(): Caps | null;
}

export interface Buffer {
  pts: bigint;
  dts: bigint;
  hasFlags(flags: number): boolean;
  /** Bytes. */
  getSize(): bigint;
  extractDup(offset: number, size: bigint): Uint8Array | number[];
  /** A copy with its own memory. */
  copyDeep(): Buffer;
}

export interface Structure {
  getName(): string;
  hasField(name: string): boolean;
  getString(name: string): string | null;
  getInt(name: string): [boolean, number];
  getUint64(name: string): [boolean, bigint];
  getValue(name: string): { getBoxed(): never };
  toString(): string;
}

export interface Element extends GstObject {
  [property: string]: unknown;
  getFactory(): ElementFactory | null;
  getStaticPad(name: string): Pad | null;
  requestPadSimple(template: string): Pad | null;
  releaseRequestPad(pad: Pad): void;
  setState(state: number): number;
  sendEvent(event: unknown): boolean;
  emit(signal: string, ...values: unknown[]): unknown;
  setProperty(name: string, value: unknown): void;
  syncStateWithParent(): boolean;
}

export interface Bin extends Element {
  add(element: Element): boolean;
  remove(element: Element): boolean;
  getByName(name: string): Element | null;
  iterateElements?: unknown;
  recalculateLatency(): boolean;
  getChildrenCount(): number;
  getChildByIndex(index: number): Element;
}

export interface Pipeline extends Bin {
  useClock(clock: Clock): void;
  setStartTime(time: bigint): void;
  setBaseTime(time: bigint): void;
  getBaseTime(): bigint;
  getBus(): Bus;
}

export interface Clock extends GstObject {
  getTime(): bigint;
}

export interface Message {
  type: number;
  src: GstObject | null;
  parseError(): [GLibError, string | null];
  /** Times of the buffer in question, in ns. */
  parseQos(): [live: boolean, runningTime: bigint, streamTime: bigint, timestamp: bigint, duration: bigint];
  parseQosValues(): [jitter: bigint, proportion: number, quality: number];
  getStructure(): Structure | null;
}

/** A sink that draws into a foreign window (GstVideoOverlay). */
export interface VideoOverlay extends Element {
  /** @param handle of X11: the window's XID */
  setWindowHandle(handle: number): void;
}

export interface GLibError {
  message: string;
  domain: number;
  code: number;
}

export interface Bus {
  pop(): Message | null;
}

export interface DeviceMonitor {
  addFilter(classes: string, caps: Caps | null): number;
  start(): boolean;
  stop(): void;
  getDevices(): Device[];
}

export interface Device {
  getDisplayName(): string;
  getProperties(): Structure | null;
  getCaps(): Caps | null;
}

export interface ElementFactory {
  getName(): string;
}

export interface GstPromise {
  wait(): number;
  getReply(): Structure;
}

export interface SessionDescription {
  sdp: { asText(): string };
}

/** GstWebRTCICE; its `agent` is libnice's. */
export interface IceAgent extends GstObject {
  agent: GstObject & { upnp: boolean; setProperty(name: string, value: unknown): void };
  minRtpPort: number;
  maxRtpPort: number;
  emit(signal: 'add-local-ip-address', address: string): boolean;
}

export interface Webrtcbin extends Element {
  iceAgent: IceAgent;
  stunServer: string | null;
  iceGatheringState: number;
  iceConnectionState: number;
  connectionState: number;
  localDescription: SessionDescription;
}

interface GstNamespace {
  init(args: string[]): void;
  version(): [number, number, number, number];
  parseLaunch(line: string): Pipeline;
  /** Sets a property from its text in launch-line syntax. */
  utilSetObjectArg(object: GstObject, name: string, value: string): void;
  ElementFactory: { find(name: string): ElementFactory | null; make(name: string, id: string | null): Element | null };
  Registry: { get(): { findPlugin(name: string): { getVersion(): string } | null } };
  SystemClock: { obtain(): Clock };
  EventType: { EOS: number };
  BufferFlags: { DELTA_UNIT: number };
  Promise: { new (): GstPromise };
  Structure: { newEmpty(name: string): Structure };
  Caps: { fromString(text: string): Caps };
  Sample: { new: (buffer: Buffer, caps: Caps | null, segment: null, info: null) => Sample };
  Event: {
    newEos(): unknown;
    newSeek(
      rate: number,
      format: number,
      flags: number,
      startType: number,
      start: number,
      stopType: number,
      stop: number,
    ): unknown;
  };
  DeviceMonitor: { new: () => DeviceMonitor };
  State: { NULL: number; READY: number; PAUSED: number; PLAYING: number };
  StateChangeReturn: { FAILURE: number };
  PromiseResult: { REPLIED: number };
  MessageType: { EOS: number; ERROR: number; SEGMENT_DONE: number; QOS: number; ELEMENT: number };
  Format: { TIME: number };
  SeekFlags: { FLUSH: number; SEGMENT: number };
  SeekType: { NONE: number; SET: number };
  PadLinkCheck: { NOTHING: number };
  CLOCK_TIME_NONE: bigint;
}

interface GstVideoNamespace {
  videoEventNewUpstreamForceKeyUnit(runningTime: bigint, allHeaders: boolean, count: number): unknown;
}

interface GstWebrtcNamespace {
  WebRTCSessionDescription: { new: (type: number, sdp: unknown) => SessionDescription };
  WebRTCSDPType: { OFFER: number; ANSWER: number };
  WebRTCRTPTransceiverDirection: { RECVONLY: number; SENDONLY: number };
  WebRTCICEGatheringState: { COMPLETE: number };
  WebRTCICEConnectionState: { FAILED: number };
  WebRTCPeerConnectionState: {
    NEW: number;
    CONNECTING: number;
    CONNECTED: number;
    DISCONNECTED: number;
    FAILED: number;
    CLOSED: number;
  };
}

interface GstSdpNamespace {
  SDPMessage: { newFromText(text: string): [number, unknown] };
}

/** An appsink, with the methods that GstApp adds to it. */
export interface AppSink extends Element {
  /** @param timeout ns @returns null if none came by then */
  tryPullSample(timeout: bigint): Sample | null;
}

interface GLibNamespace {
  MainContext: { default(): { iteration(mayBlock: boolean): boolean } };
}

interface NodeGtk {
  require(namespace: 'Gst', version: '1.0'): GstNamespace & { Promise: { new: () => GstPromise } };
  require(namespace: 'GstVideo', version: '1.0'): GstVideoNamespace;
  require(namespace: 'GstWebRTC', version: '1.0'): GstWebrtcNamespace;
  require(namespace: 'GstSdp', version: '1.0'): GstSdpNamespace;
  require(namespace: 'GLib', version: '2.0'): GLibNamespace;
  require(namespace: 'GstApp', version: '1.0'): unknown;
}

const gi = createRequire(import.meta.url)('node-gtk') as NodeGtk;

export const GLib = gi.require('GLib', '2.0');
export const Gst = gi.require('Gst', '1.0');
// Before any other Gst* typelib is loaded; otherwise GLib prints CRITICALs.
Gst.init([]);
// For AppSink: node-gtk frees the result of an action signal ("try-pull-sample") before JavaScript gets it.
gi.require('GstApp', '1.0');
export const GstVideo = gi.require('GstVideo', '1.0');
export const GstWebRTC = gi.require('GstWebRTC', '1.0');
export const GstSdp = gi.require('GstSdp', '1.0');
