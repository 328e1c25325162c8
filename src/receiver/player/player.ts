import type { SessionFigures } from '../../domain/media-engine.js';
import type { Decoder } from '../../gst/decoders.js';
import type { Housekeeping } from '../../gst/housekeeping.js';
import { inspectMachine } from '../../gst/machine.js';
import { Gst } from '../../gst/native.js';
import type { FromPlayer, PlayerSettings, ToPlayer, ToPlayerOf } from '../../messages/player.js';
import { chooseDecoder, NoDecoder } from './decoder-choice.js';
import { CLOCK_OFFSET_NS } from './lines.js';
import { Reception } from './reception.js';
import { NoDisplay, Screen } from './screen.js';
import { REDRAW_MS } from './tile.js';
import { View } from './view.js';

interface Session {
  reception: Reception;
  cameras: readonly string[];
  network: SessionFigures | null;
}

const FIGURES_MS = 1_000;

/** All cameras of one `recv`: their sessions, and the output of their video. */
export class Player {
  readonly #send: (message: FromPlayer) => void;
  readonly #housekeeping: Housekeeping;
  readonly #machine = inspectMachine();
  /**
   * ns of the pipeline clock at running time 0, for all pipelines here. Further back than the sinks' offset, as there
   * is
   * no time below 0 (see describeClock).
   */
  readonly #baseTime = Gst.SystemClock.obtain().getTime() - BigInt(2 * CLOCK_OFFSET_NS);
  readonly #views = new Map<string, View>();
  readonly #sessions = new Map<string, Session>();
  readonly #timers: NodeJS.Timeout[] = [];
  #settings: PlayerSettings | null = null;
  #decoder: Decoder | null = null;
  #screen: Screen | null = null;

  constructor(send: (message: FromPlayer) => void, housekeeping: Housekeeping) {
    this.#send = send;
    this.#housekeeping = housekeeping;
  }

  handle(message: Exclude<ToPlayer, { type: 'ping' | 'close' }>): void {
    switch (message.type) {
      case 'configure':
        void this.#configure(message);
        return;
      case 'offer':
        void this.#begin(message, [message.camera], async reception => {
          const offer = await reception.webrtc.offer();
          this.#send({ type: 'offered', request: message.request, offer });
        });
        return;
      case 'answer':
        void this.#begin(message, message.cameras, async reception => {
          const answer = await reception.webrtc.answer(message.offer);
          this.#send({ type: 'answered', request: message.request, answer });
          reception.watch();
        });
        return;
      case 'accept':
        this.#accept(message);
        return;
      case 'candidates':
        for (const value of message.values) this.#sessions.get(message.session)?.reception.webrtc.addCandidate(value);
        return;
      case 'leave':
        this.#end(message.session);
        return;
      case 'say':
        this.#views.get(message.camera)?.say(message.text);
    }
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#report();
    for (const session of [...this.#sessions.keys()]) this.#end(session);
    await Promise.all([...this.#views.values()].map(view => view.close()));
    this.#screen?.close();
  }

  async #configure({ request, settings }: ToPlayerOf<'configure'>): Promise<void> {
    this.#settings = settings;
    const skip = new Set(settings.skip);
    const onTrying = (element: string): void => this.#send({ type: 'trying', element });
    try {
      if (settings.decodes)
        this.#decoder = await chooseDecoder(this.#machine, { forced: settings.decoder, skip, onTrying });
      if (settings.display)
        this.#screen = await Screen.open({
          labels: settings.cameras.map(({ label }) => label),
          ...settings.display,
          skip,
          baseTime: this.#baseTime,
          onTrying,
          onClosed: () => this.#send({ type: 'window-closed' }),
          onGone: detail => this.#send({ type: 'display-gone', detail }),
        });
      settings.cameras.forEach((camera, i) => {
        const tile = this.#screen?.tiles[i] ?? null;
        this.#views.set(camera.id, new View({ camera, tile, baseTime: this.#baseTime, send: this.#send }));
      });
    } catch (error) {
      this.#send({
        type: 'refused',
        request,
        code: error instanceof NoDecoder ? 'decoder' : error instanceof NoDisplay ? 'display' : 'internal',
        detail: error instanceof Error ? error.message : String(error),
        remedy: error instanceof NoDecoder || error instanceof NoDisplay ? error.remedy : null,
      });
      return;
    }
    this.#timers.push(
      setInterval(() => this.#check(), REDRAW_MS),
      setInterval(() => this.#report(), FIGURES_MS),
    );
    this.#send({
      type: 'prepared',
      request,
      decoder: this.#decoder?.element ?? null,
      decoderTitle: this.#decoder?.title ?? null,
      sink: this.#screen?.sink ?? null,
    });
  }

  async #begin(
    { request, session: id, ice }: ToPlayerOf<'offer' | 'answer'>,
    cameras: readonly string[],
    negotiate: (reception: Reception) => Promise<void>,
  ): Promise<void> {
    this.#housekeeping.disturb();
    try {
      const views = cameras.map(camera => this.#view(camera));
      const session: Session = {
        cameras,
        network: null,
        reception: new Reception({
          pulses: views.map(({ pulse }) => pulse),
          decoder: this.#decoder,
          machine: this.#machine,
          ice,
          jitterMs: this.#settings?.jitterMs ?? 0,
          marks: this.#settings?.marks ?? false,
          baseTime: this.#baseTime,
          events: {
            connected: () => this.#send({ type: 'connected', session: id }),
            ended: (reason, detail) => {
              this.#end(id);
              this.#send({ type: 'ended', session: id, reason, detail });
            },
            figures: figures => {
              session.network = figures;
            },
          },
        }),
      };
      this.#sessions.set(id, session);
      session.reception.sections.forEach((section, i) => {
        views[i]?.take(id, section);
      });
      await negotiate(session.reception);
    } catch (error) {
      this.#end(id);
      const detail = error instanceof Error ? error.message : String(error);
      this.#send({ type: 'refused', request, code: 'internal', detail, remedy: null });
    }
  }

  #accept({ session, answer }: ToPlayerOf<'accept'>): void {
    const { reception } = this.#sessions.get(session) ?? {};
    try {
      reception?.webrtc.accept(answer);
      reception?.watch();
    } catch (error) {
      this.#end(session);
      const detail = error instanceof Error ? error.message : String(error);
      this.#send({ type: 'ended', session, reason: 'refused', detail });
    }
  }

  #end(id: string): void {
    const session = this.#sessions.get(id);
    if (!session) return;
    this.#sessions.delete(id);
    for (const camera of session.cameras) this.#views.get(camera)?.drop(id);
    session.reception.close();
    this.#housekeeping.collect();
  }

  #check(): void {
    for (const { reception } of this.#sessions.values()) reception.readMarks();
    for (const view of this.#views.values()) view.poll();
  }

  #report(): void {
    for (const { reception } of this.#sessions.values()) reception.poll();
    for (const [camera, view] of this.#views) {
      const session = [...this.#sessions.values()].find(({ cameras }) => cameras.includes(camera));
      const section = session?.reception.sections[session.cameras.indexOf(camera)];
      this.#send({
        type: 'figures',
        camera,
        figures: view.figures(),
        network: session?.network ?? null,
        marks: section?.takeMarks() ?? [],
      });
    }
  }

  #view(camera: string): View {
    const view = this.#views.get(camera);
    if (!view) throw new Error(`there is no camera "${camera}"`);
    return view;
  }
}
