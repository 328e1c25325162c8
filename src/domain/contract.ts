import type { components } from '../contract/api.js';

/** The types of the contract; openapi/schemas defines and describes them. */
type Schemas = components['schemas'];
export type Camera = Schemas['camera'];
export type CameraSettings = Schemas['camera-settings'];
export type Control = Schemas['control'];
export type Device = Schemas['Device'];
export type Session = Schemas['session'];
export type Event = Schemas['event'];
export type EndReason = Schemas['end-reason'];
export type System = Schemas['system'];
export type Problem = Schemas['problem'];
export type Permission = Schemas['permission'];
export type Role = Permission['role'];
export type ProblemCode = Problem['code'];
export type Config = Schemas['Config'];
