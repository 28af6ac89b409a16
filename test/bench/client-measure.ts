/** One measure of one library, in a process of its own: `client-measure.ts SUBJECT MEASURE EVENTS`. Prints a line of JSON. */
import { type MeasureName, measure, networkOf } from './client/measures.ts';
import { openTelemetrySubject } from './client/opentelemetry-subject.ts';
import { postHogSubject } from './client/posthog-subject.ts';
import type { Network, Subject, SubjectName } from './client/subject.ts';
import { telemetrySubject } from './client/telemetry-subject.ts';

const subjects: Readonly<Record<SubjectName, (network: Network) => Subject>> = {
  telemetry: (network) => telemetrySubject(network, 'external'),
  'telemetry-internal': (network) => telemetrySubject(network, 'internal'),
  opentelemetry: openTelemetrySubject,
  posthog: postHogSubject,
};

const [subjectName, measureName, events] = process.argv.slice(2) as [SubjectName, MeasureName, string];
const subject = subjects[subjectName](networkOf[measureName]);
const figures = await measure(measureName, subject, Number(events));
process.stdout.write(`${JSON.stringify(figures)}\n`, () => {
  // What still tries to reach the network is not waited for.
  void subject.close().finally(() => process.exit(0));
});
