/** A feature of the simulated application. */
export interface DemoFeature {
  readonly name: string;
  /** How long a use takes, about; undefined where nobody would measure it. */
  readonly durationMs?: number | undefined;
  /** How often a use fails. */
  readonly failure: number;
  /** How often it fails in the version that has the fault: something to be found. */
  readonly failureInFaultyVersion?: number | undefined;
  readonly fault?: DemoFault | undefined;
}

/** What breaks when a feature fails. */
export interface DemoFault {
  readonly type: string;
  readonly message: string;
  readonly frames: readonly string[];
}

/** The features of the application, the most used one first. */
export const demoFeatures: readonly [DemoFeature, ...DemoFeature[]] = [
  { name: 'note.edit', failure: 0 },
  { name: 'note.open', durationMs: 60, failure: 0.002 },
  { name: 'search', durationMs: 35, failure: 0.004 },
  { name: 'note.create', failure: 0 },
  {
    name: 'sync',
    durationMs: 400,
    failure: 0.03,
    fault: {
      type: 'SyncError',
      message: 'the server did not answer in time',
      frames: ['awaitReply (notes/sync/session.js:141:15)', 'push (notes/sync/push.js:58:9)'],
    },
  },
  { name: 'checklist.toggle', failure: 0 },
  { name: 'tag.add', failure: 0 },
  { name: 'note.share', durationMs: 250, failure: 0.01 },
  { name: 'image.insert', durationMs: 120, failure: 0.005 },
  {
    name: 'export.pdf',
    durationMs: 900,
    failure: 0.01,
    failureInFaultyVersion: 0.35,
    fault: {
      type: 'TypeError',
      message: "Cannot read properties of undefined (reading 'pages')",
      frames: [
        'layout (notes/export/layout.js:77:31)',
        'toPdf (notes/export/pdf.js:24:18)',
        'run (notes/command.js:12:5)',
      ],
    },
  },
  { name: 'theme.change', failure: 0 },
  { name: 'voice.memo', durationMs: 5_000, failure: 0.02 },
  { name: 'plugin.install', durationMs: 2_500, failure: 0.05 },
];

/** An error as the application would have caught it. */
export function toError({ type, message, frames }: DemoFault): Error {
  const error = new Error(message);
  error.name = type;
  error.stack = [`${type}: ${message}`, ...frames.map((frame) => `    at ${frame}`)].join('\n');
  return error;
}
