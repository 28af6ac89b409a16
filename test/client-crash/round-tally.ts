import type { Sending } from './check/tenures.ts';
import type { ClientProcess, ProcessEnd } from './client-process.ts';

/** What the processes of a round said, and how they ended. */
export class RoundTally {
  /** By producer: up to this number all must be stored or declared. */
  readonly durable = new Map<string, number>();
  /** By how it ended: `killed`, `exit`, `after rename 3`. */
  readonly endings = new Map<string, number>();
  readonly errors = new Map<string, number>();
  readonly findings: string[] = [];
  readonly #sendings: Sending[] = [];

  /** What was sent, in that order, whatever the network made of it: what a process sent at its end may arrive after what the next one did. */
  get sendings(): Sending[] {
    return this.#sendings.toSorted((left, right) => left.atMs - right.atMs);
  }

  add(client: ClientProcess, { code, signal, stderr }: ProcessEnd): void {
    const { name, ending } = client.options;
    const { producer } = client;
    let seq = 0;
    let how: string = signal === 'SIGKILL' ? 'killed' : ending;
    for (const line of client.reports) {
      if (line.kind === 'durable') {
        seq = Math.max(seq, line.seq);
      } else if (line.kind === 'exiting' && signal === null) {
        // Whoever ends by itself leaves nothing in memory.
        seq = Math.max(seq, line.seq);
      } else if (line.kind === 'sending') {
        this.#sendings.push({ process: name, atMs: line.atMs });
      } else if (line.kind === 'crashing') {
        how = line.at.replace(/ \d+$/, '');
      } else if (line.kind === 'error') {
        const message = line.message.replaceAll(/[0-9a-f.:-]{6,}/g, '…');
        this.errors.set(message, (this.errors.get(message) ?? 0) + 1);
      }
    }
    this.endings.set(how, (this.endings.get(how) ?? 0) + 1);
    if (producer !== undefined) {
      this.durable.set(producer, seq);
    }
    if (signal !== 'SIGKILL' && (code !== 0 || signal !== null)) {
      this.findings.push(`${name} ended with ${code ?? signal}: ${stderr.slice(0, 1_000)}`);
    }
  }
}
