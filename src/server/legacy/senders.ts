import type { Cameras } from '../../domain/cameras.js';
import type { EndReason } from '../../domain/contract.js';
import { CLOSE } from '../../domain/web-sockets.js';
import type { LegacyClient } from './client.js';
import { LegacySender, type SenderOptions } from './sender.js';

export interface SendersOptions extends Omit<SenderOptions, 'name' | 'changed' | 'maxCameras'> {
  cameras: Cameras;
  /** Replaces the cameras of all senders. */
  setEphemeral(cameras: readonly { id: string; name: string }[]): void;
  returnMs(): number;
}

const MAX_SENDERS = 8;
/** Of all senders: each has a process. */
const MAX_CAMERAS = 16;

/** The legacy senders: `legacy-1` to `legacy-8`. */
export class Senders {
  readonly #options: SendersOptions;
  readonly #senders = new Map<number, LegacySender>();
  readonly #leaving = new Map<LegacySender, NodeJS.Timeout>();

  constructor(options: SendersOptions) {
    this.#options = options;
  }

  /** In the order of their numbers, including disconnected ones that may return. */
  all(): LegacySender[] {
    return [...this.#senders].sort(([a], [b]) => a - b).map(([, sender]) => sender);
  }

  /** The sender of a camera. */
  find(camera: string): LegacySender | undefined {
    return this.all().find(({ cameras }) => cameras.includes(camera));
  }

  /** Attaches a client to its previous sender, or to another one that its token allows; null if there is none. */
  add(client: LegacyClient, { offers }: { offers: boolean }): LegacySender | null {
    const isAllowed = (name: string): boolean => this.#options.maySend(client, name);
    const free = this.all().filter(sender => sender.client === null && isAllowed(sender.name));
    const sender = free.find(({ address }) => address === client.info.address) ?? this.#make(isAllowed) ?? free[0];
    if (!sender) return null;
    this.#cancelRemoval(sender);
    sender.attach(client, offers);
    this.#changed();
    return sender;
  }

  /** A sender's client has disconnected; its cameras are kept for `returnMs`. */
  disconnected(sender: LegacySender, reason: EndReason): void {
    sender.close(reason);
    const ms = this.#options.returnMs();
    if (!sender.isProven || ms === 0) this.remove(sender);
    else this.#leaving.set(sender, setTimeout(() => this.remove(sender), ms).unref());
  }

  /** Removes it with its cameras. */
  remove(sender: LegacySender): void {
    this.#cancelRemoval(sender);
    sender.close('no-viewers');
    for (const [number, other] of this.#senders) if (other === sender) this.#senders.delete(number);
    this.#changed();
  }

  clear(): void {
    for (const sender of this.all()) this.remove(sender);
  }

  close(): void {
    for (const sender of this.all()) {
      this.#cancelRemoval(sender);
      sender.close('shutdown');
    }
    this.#senders.clear();
  }

  /** Removes senders whose names now belong to configured cameras; they reconnect under another name. */
  camerasChanged(): void {
    const taken = this.#configuredNames();
    for (const sender of this.all()) {
      const { name, client } = sender;
      if (!taken.has(name)) continue;
      this.remove(sender);
      client?.close(CLOSE.serviceRestart, 'a camera with its name was configured');
    }
  }

  /** Names of senders of which any camera id is configured, including ids of further cameras. */
  #configuredNames(): Set<string> {
    const configured = this.#options.cameras.plans().filter(({ source }) => source.type !== 'forwarded');
    return new Set(configured.map(({ id }) => /^(legacy-\d+)-\d+$/.exec(id)?.[1] ?? id));
  }

  #make(isAllowed: (name: string) => boolean): LegacySender | null {
    const taken = this.#configuredNames();
    for (let number = 1; number <= MAX_SENDERS; number++) {
      const name = `legacy-${number}`;
      if (this.#senders.has(number) || taken.has(name) || !isAllowed(name)) continue;
      const sender: LegacySender = new LegacySender({
        ...this.#options,
        name,
        changed: () => this.#changed(),
        maxCameras: () => this.#maxCamerasOf(sender),
      });
      this.#senders.set(number, sender);
      return sender;
    }
    return null;
  }

  #maxCamerasOf(sender: LegacySender): number {
    const others = this.all().filter(other => other !== sender);
    return MAX_CAMERAS - others.reduce((sum, { cameras }) => sum + cameras.length, 0);
  }

  #cancelRemoval(sender: LegacySender): void {
    const timer = this.#leaving.get(sender);
    if (timer) clearTimeout(timer);
    this.#leaving.delete(sender);
  }

  #changed(): void {
    const cameras = [...this.#senders].flatMap(([number, { cameras }]) =>
      cameras.map((id, index) => ({
        id,
        name: `Legacy sender ${number}${cameras.length > 1 ? `, camera ${index + 1}` : ''}`,
      })),
    );
    this.#options.setEphemeral(cameras);
  }
}
