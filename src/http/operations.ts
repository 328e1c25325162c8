import type { Cameras } from '../domain/cameras.js';
import type { System } from '../domain/contract.js';
import type { IceForClients } from '../domain/ports.js';
import type { Sessions } from '../domain/sessions.js';

/** What the operations of the contract work on. */
export interface Services {
  cameras: Cameras;
  sessions: Sessions;
  ice: IceForClients;
  system(): System;
}
