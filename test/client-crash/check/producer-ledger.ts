/** What the warehouse holds of a producer. */
export interface ProducerRows {
  /** Numbers of its events, each row once. */
  readonly events: readonly number[];
  readonly declared: readonly { readonly firstSeq: number; readonly lastSeq: number; readonly reason: string }[];
}

/** Where the numbers of a producer are. */
export interface ProducerLedger {
  readonly producer: string;
  /** The largest number that is known of: stored, declared, or said to be durable. */
  readonly highestSeq: number;
  readonly stored: number;
  readonly declared: number;
  readonly declaredByReason: Readonly<Record<string, number>>;
  /** What does not balance, in words. */
  readonly findings: readonly string[];
}

/**
 * Balances the numbers of a producer: each up to the highest is stored once or declared once.
 *
 * @param durableSeq up to which number the client said that all is safe.
 */
export function balanceProducer(producer: string, durableSeq: number, rows: ProducerRows): ProducerLedger {
  const times = new Map<number, number>();
  const declaredByReason: Record<string, number> = {};
  let declared = 0;
  for (const seq of rows.events) {
    times.set(seq, (times.get(seq) ?? 0) + 1);
  }
  for (const { firstSeq, lastSeq, reason } of rows.declared) {
    declared += lastSeq - firstSeq + 1;
    declaredByReason[reason] = (declaredByReason[reason] ?? 0) + lastSeq - firstSeq + 1;
    for (let seq = firstSeq; seq <= lastSeq; seq++) {
      times.set(seq, (times.get(seq) ?? 0) + 1);
    }
  }
  const highestSeq = [...times.keys()].reduce((highest, seq) => Math.max(highest, seq), durableSeq);
  const holes: number[] = [];
  for (let seq = 1; seq <= highestSeq; seq++) {
    if (!times.has(seq)) holes.push(seq);
  }
  const twice = [...times].filter(([, count]) => count > 1).map(([seq]) => seq);
  const lost = holes.filter((seq) => seq <= durableSeq);
  const findings = [
    ...(lost.length > 0 ? [`${lost.length} numbers that were durable are nowhere: ${some(lost)}`] : []),
    ...(holes.length > lost.length ? [`${holes.length - lost.length} holes after ${durableSeq}: ${some(holes)}`] : []),
    ...(twice.length > 0 ? [`${twice.length} numbers are there more than once: ${some(twice)}`] : []),
  ];
  const stored = rows.events.length;
  const named = findings.map((finding) => `producer ${producer} (durable to ${durableSeq}): ${finding}`);
  return { producer, highestSeq, stored, declared, declaredByReason, findings: named };
}

function some(numbers: readonly number[]): string {
  const shown = numbers.slice(0, 8).join(', ');
  return numbers.length > 8 ? `${shown} … ${numbers.at(-1)}` : shown;
}
