import { defineCatalogue } from '@telemetry/client';

/** The catalogue of an imagined editor, with one event of each sort. */
export const editorCatalogue = defineCatalogue(
  {
    'export.finished': {
      kind: 'featureUse',
      properties: {
        format: { type: ['pdf', 'png'], description: 'What was written.' },
        pages: { type: 'number', unit: '1' },
        title: { type: 'string', class: 'sensitive', optional: true },
        toDisk: { type: 'boolean', optional: true },
      },
      tier: 'long',
      owner: 'export team',
      description: 'An export came to its end.',
    },
    'search.opened': { owner: 'search team', description: 'Somebody opened the search.' },
    'search.typed': {
      properties: { letters: { type: 'number', optional: true } },
      tier: 'diagnostic',
      owner: 'search team',
      description: 'Somebody typed into the search.',
    },
    'document.open': {
      kind: 'performance',
      properties: { source: { type: ['disk', 'network'] } },
      owner: 'document team',
      description: 'How long it took until a document could be edited.',
    },
    'frame.drawn': {
      kind: 'performance',
      data: { metric: 'frame', unit: 'ms' },
      owner: 'canvas team',
      description: 'How long a frame took.',
    },
    'plugin.failed': {
      kind: 'fault',
      data: { severity: 'warning' },
      properties: {
        plugin: { type: 'string', class: 'public' },
        owner: { type: 'string', class: 'identity', optional: true },
      },
      owner: 'plugin team',
      description: 'A plugin threw.',
    },
    'project.shared': { kind: 'projectActivity', owner: 'sharing team', description: 'A project was shared.' },
  },
  { context: { plan: { type: ['free', 'paid'] }, seats: { type: 'number' }, trial: { type: 'boolean' } } },
);
