import { Counter, Gauge, Registry } from 'prom-client';
import { DEFINITIONS, type MetricName } from './definitions.js';

type LabelsOf<Name extends MetricName> = Readonly<Record<(typeof DEFINITIONS)[Name]['labels'][number], string>>;

/** The metrics of one scrape: a new registry each time, so that no series outlives what it belongs to. */
export class Scrape {
  readonly registry = new Registry();
  readonly #metrics = new Map<MetricName, Gauge | Counter>();

  /** @param value null is left out: an unknown value is not 0; of a counter, its total */
  set<Name extends MetricName>(name: Name, labels: LabelsOf<Name>, value: number | null): void {
    if (value === null) return;
    const metric = this.#metrics.get(name) ?? this.#make(name);
    if (metric instanceof Counter) metric.inc(labels, value);
    else metric.set(labels, value);
  }

  #make(name: MetricName): Gauge | Counter {
    const { type, help, labels } = DEFINITIONS[name];
    const options = { name, help, labelNames: [...labels], registers: [this.registry] };
    const metric = type === 'counter' ? new Counter(options) : new Gauge(options);
    this.#metrics.set(name, metric);
    return metric;
  }
}
