import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Network, queueEvents, type Subject } from './subject.ts';

/** Events logged before anything is measured, so that the code is compiled: at most, and never more than a fifth of those measured. */
const warmUpEventsMax = 200_000;

/** Events logged in one turn of the event loop; between turns a library gets to do its work. */
const turnEvents = 1_000;

/** Events after which what is queued is waited for, so that no queue runs full: half of one. */
const drainEvents = queueEvents / 2;

/** Calls that are timed together: a clock that is read for each call would cost more than the call. */
const timedCalls = 50;

export const measureNames = ['latency', 'throughput', 'seal', 'memory'] as const;
export type MeasureName = (typeof measureNames)[number];

export const networkOf: Readonly<Record<MeasureName, Network>> = {
  latency: 'sink',
  throughput: 'sink',
  seal: 'sink',
  memory: 'down',
};

/** What a measure gives, under the names of the report. */
export type Figures = Readonly<Record<string, number>>;

/** Runs one measure on a fresh subject. */
export async function measure(name: MeasureName, subject: Subject, events: number): Promise<Figures> {
  if (name === 'memory') {
    return await measureMemory(subject, events);
  }
  await logAll(subject, 0, Math.min(warmUpEventsMax, events / 5), drainEvents);
  await subject.drain();
  switch (name) {
    case 'latency':
      return await measureLatency(subject, events);
    case 'throughput':
      return await measureThroughput(subject, events);
    case 'seal':
      return await measureSeal(subject, events);
  }
}

async function logAll(
  subject: Subject,
  from: number,
  to: number,
  drainEvents = Number.POSITIVE_INFINITY,
): Promise<void> {
  for (let index = from; index < to; index++) {
    subject.log(index);
    if (index % turnEvents === turnEvents - 1) {
      await nextTurn();
    }
    if (index % drainEvents === drainEvents - 1) {
      await subject.drain();
    }
  }
}

async function measureLatency(subject: Subject, events: number): Promise<Figures> {
  const callNs: number[] = [];
  for (let index = 0; index < events; index += timedCalls) {
    const startNs = process.hrtime.bigint();
    for (let call = 0; call < timedCalls; call++) {
      subject.log(index + call);
    }
    callNs.push(Number(process.hrtime.bigint() - startNs) / timedCalls);
    if (index % turnEvents === 0) {
      await nextTurn();
    }
    if (index % drainEvents === 0) {
      await subject.drain();
    }
  }
  callNs.sort((left, right) => left - right);
  return {
    log_ns_median: Math.round(callNs[Math.floor(callNs.length / 2)] ?? 0),
    log_ns_p99: Math.round(callNs[Math.floor(callNs.length * 0.99)] ?? 0),
  };
}

/** Until the last event has been handed over, made ready to send. */
async function measureThroughput(subject: Subject, events: number): Promise<Figures> {
  const before = subject.delivered();
  const startMs = performance.now();
  await logAll(subject, 0, events, drainEvents);
  await subject.drain();
  const seconds = (performance.now() - startMs) / 1000;
  const delivered = subject.delivered() - before;
  return { events_per_s: Math.round(delivered / seconds), delivered_share: delivered / events };
}

/** CPU from logged to handed over: encoding what is left to encode, compressing, handing over. */
async function measureSeal(subject: Subject, events: number): Promise<Figures> {
  let cpuUs = 0;
  let batches = 0;
  for (; batches * turnEvents < events; batches++) {
    for (let index = 0; index < turnEvents - 1; index++) {
      subject.log(index);
    }
    const before = process.cpuUsage();
    subject.log(turnEvents);
    await subject.drain();
    const { user, system } = process.cpuUsage(before);
    cpuUs += user + system;
  }
  return { seal_cpu_ms_per_1000_events: Math.round(cpuUs / batches) / 1000 };
}

/** How much more memory is held after all events than after the first tenth, in which queues fill up, with the network down. */
async function measureMemory(subject: Subject, events: number): Promise<Figures> {
  const warm = events / 10;
  await logAll(subject, 0, warm);
  const before = await heldBytes();
  await logAll(subject, warm, events);
  return { heap_growth_mb: Math.round((await heldBytes()) - before) / 1e6 };
}

async function heldBytes(): Promise<number> {
  const collect = (globalThis as { gc?: () => void }).gc;
  if (collect === undefined) {
    throw new Error('run with --expose-gc');
  }
  await nextTurn();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
