/** One measure of one library, in a process of its own: `client-measure.ts SUBJECT MEASURE EVENTS`. Prints a line of JSON. */
import { setTimeout as delay } from 'node:timers/promises';
import { type MeasureName, measure, networkOf } from './client/measures.ts';
import { openTelemetrySubject } from './client/opentelemetry-subject.ts';
import { postHogSubject } from './client/posthog-subject.ts';
import type { Network, Subject, SubjectName } from './client/subject.ts';
import { telemetrySubject } from './client/telemetry-subject.ts';

/** How long a library may take to end, after all was measured. */
const closeMsMax = 2_000;

const subjects: Readonly<Record<SubjectName, (network: Network) => Subject>> = {
  telemetry: (network) => telemetrySubject(network, 'external'),
  'telemetry-internal': (network) => telemetrySubject(network, 'internal'),
  'telemetry-folder': (network) => telemetrySubject(network, 'external', 'folder'),
  opentelemetry: openTelemetrySubject,
  posthog: postHogSubject,
};

const [subjectName, measureName, events] = process.argv.slice(2) as [SubjectName, MeasureName, string];
const subject = subjects[subjectName](networkOf[measureName]);
const figures = await measure(measureName, subject, Number(events));
process.stdout.write(`${JSON.stringify(figures)}\n`, async () => {
  // What still tries to reach a network that is down is not waited for: some try for minutes.
  await Promise.race([subject.close(), delay(closeMsMax)]);
  process.exit(0);
});
